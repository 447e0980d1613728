"""Which mistake gives a learner's very numbers: one of the catalogue, or one of those that are made of any loss."""

from coursekit.grading.diagnosis.naming import OF_ANY_FUNCTION, diagnose
from coursekit.grading.diagnosis.slips import is_slip

__all__ = ["OF_ANY_FUNCTION", "diagnose", "is_slip"]
