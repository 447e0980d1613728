"""Grades in the formats that course platforms read: one module a format, each from `Graded` to a file's content."""

from __future__ import annotations


class ExportError(Exception):
    """What was given cannot be exported; the message says why and what to do."""
