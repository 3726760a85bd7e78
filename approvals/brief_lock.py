# SPDX-License-Identifier: Apache-2.0
"""A lock for a few lines that never wait.

gevent puts locks of its own in the place of `threading.Lock`, on which a greenlet can wait, at twice the price. Lines
that never wait are never interrupted by another greenlet, only by another thread: for them the interpreter's own lock
is enough, and gevent leaves this one alone. Whatever may wait inside (I/O, a log line) takes `threading.Lock`.
"""

from _thread import RLock as BriefLock

__all__ = ["BriefLock"]
