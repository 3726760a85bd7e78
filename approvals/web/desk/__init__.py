# SPDX-License-Identifier: Apache-2.0
"""The desk: pages on which people look at requests and decide. HTML and CSS alone, no script.

The pages share their origin with Dify's console, so that a script which got into one could act as whoever is signed in
there. Every text is escaped, the Content-Security-Policy allows no script at all, and no other cookie is read.
"""
