"""Hidden inputs: the seed that a submission's are drawn from."""

from __future__ import annotations

import hashlib
import hmac
import json

from coursekit.exercise import Exercise
from coursekit.grading.submission import Submission

# How many sets of hidden inputs an exercise has for each attempt. The slow specs are computed once a set, not once a
# submission: all who hand in for the first time share eight sets, all who do so for the second time another eight.
#
# How its checks end tells a learner something of the inputs, some bits in each attempt. Whoever met a set again with
# another source could use what they were told: a table of right answers, and full marks without a loss. So nobody does.
# Nor can anybody guess a set, or tell before which of the eight a source will meet.
VARIANTS = 8


def hidden_seed(secret: bytes, submission: Submission, exercise: Exercise, attempt: int | None = 0) -> int:
    """The seed of one set of hidden inputs: the same work as the same attempt draws the same, now and later.

    Args:
        secret: whoever has it can tell all seeds.
        submission: its source decides which of the attempt's sets it meets.
        exercise: what is asked.
        attempt: how many other sources its learner had handed in before this one. None where that is not known: then
            this source of this learner's has a set of its own.

    Returns:
        64 bits. Whoever does not have the secret can guess neither the seeds nor which of them a source will meet.
    """
    source = hashlib.sha256(json.dumps([exercise.name, submission.cells]).encode()).digest()
    variant = int.from_bytes(hmac.digest(secret, source, "sha256")[:8], "little") % VARIANTS
    of_set: list[str | int] = [exercise.name, submission.learner, source.hex()]
    if attempt is not None:
        of_set = [exercise.name, attempt, variant]
    seed = hmac.digest(secret, json.dumps(of_set).encode(), "sha256")
    return int.from_bytes(seed[:8], "little")
