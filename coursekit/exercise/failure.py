"""How a check ends early: a Failure says what is wrong, Stopped that nothing more can be asked."""

from __future__ import annotations

from coursekit.report import Example, Outcome

NO_END = (
    "Look for a loop that never ends: does its condition change inside the loop? If so, far too many steps are left."
)


class Failure(Exception):
    """What a check raises: what is wrong, what to do, and the input that shows it.

    `otherwise` is what to do where neither `help` nor the check's own docstring says so.
    """

    def __init__(self, rationale: str, help: str = "", example: Example | None = None, otherwise: str = "") -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.help = help
        self.example = example
        self.otherwise = otherwise


class Stopped(Exception):
    """Nothing more can be asked of this function: it hangs, its process is gone, or it broke a rule.

    `used` is the ready-made function that it called, where that is the rule.
    """

    def __init__(self, outcome: Outcome, rationale: str, help: str = "", used: str = "") -> None:
        super().__init__(rationale)
        self.outcome = outcome
        self.rationale = rationale
        self.help = help
        self.used = used


class Raised(Failure):
    """The learner's function raised instead of returning."""
