"""Grades as web pages: one for the instructor, and one for each learner to hand back.

Each is one file that needs no network, and works without its script.
"""

from coursekit.publish.pages.folder import write, write_similar

__all__ = ["write", "write_similar"]
