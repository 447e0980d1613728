"""Which learners handed in the same work, and whose work is more alike than chance has it. Nothing here is proof."""

from coursekit.classroom.likeness.answers import Answer, answers, digest_of
from coursekit.classroom.likeness.pairs import ENOUGH, Alike, Likeness, Same, Shared, Work, compare, marks

__all__ = [
    "ENOUGH",
    "Alike",
    "Answer",
    "Likeness",
    "Same",
    "Shared",
    "Work",
    "answers",
    "compare",
    "digest_of",
    "marks",
]
