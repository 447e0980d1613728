"""The syllabus, and the files that belong to it: stubs and notebooks."""
