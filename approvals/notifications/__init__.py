# SPDX-License-Identifier: Apache-2.0
"""Messages to other systems and to chats: how each service wants them, and how they are sent."""
