"""Grades out: pages, and the files of course platforms."""
