"""What a command says when it cannot do what was asked."""

from __future__ import annotations


class CommandError(Exception):
    """What was asked cannot be done; the message says why and what to do. `coursekit` shows it and ends with 1."""


class UsageError(CommandError):
    """What was typed cannot be meant so, such as a number out of range. `coursekit` shows it and ends with 2."""


class ExportError(CommandError):
    """What was given cannot be exported; the message says why and what to do."""
