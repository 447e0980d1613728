"""Grades in the formats that course platforms read: one module a format, each from `Graded` to a file's content."""

from __future__ import annotations

from coursekit.errors import CommandError


class ExportError(CommandError):
    """What was given cannot be exported; the message says why and what to do."""
