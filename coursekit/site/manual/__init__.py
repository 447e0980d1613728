"""What is read beside the lessons: guides from `docs/`, and the reference of the package."""
