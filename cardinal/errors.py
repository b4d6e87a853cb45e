"""The errors that end a command with one line instead of a traceback."""

from __future__ import annotations


class CardinalError(Exception):
    """Something a person can put right; the message says what is wrong, where, and what to do."""
