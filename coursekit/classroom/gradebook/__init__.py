"""The gradebook: what was graded, for whom and when. Rows are added, and never changed or taken away."""

from coursekit.classroom.gradebook.grades import Gradebook, Work
from coursekit.classroom.gradebook.opening import opened

__all__ = ["Gradebook", "Work", "opened"]
