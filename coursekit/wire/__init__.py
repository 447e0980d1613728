"""What is asked of a function and what comes back: the same in a notebook, in the judge and in the jail.

Imports nothing of ours, so that the untrusted side of the jail may use it.
"""

from coursekit.wire.messages import Answer, Cell, Problem, Question

__all__ = ["Answer", "Cell", "Problem", "Question"]
