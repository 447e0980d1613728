"""Grades in the formats that course platforms read: one module a format, each from `Graded` to a file's content."""
