"""Grades as web pages: one for the instructor, and one for each learner to hand back.

Each is one file that needs no script and no network.
"""

from coursekit.publish.pages.folder import write

__all__ = ["write"]
