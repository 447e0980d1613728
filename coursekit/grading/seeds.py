"""Hidden inputs: the seed that a submission's are drawn from."""

from __future__ import annotations

import hashlib
import hmac
import json

from coursekit.exercise import Exercise
from coursekit.grading.submission import Submission

# How many sets of hidden inputs an exercise has. The slow specs are computed once a set, not once a submission. What
# this gives up: two submissions may meet the same inputs, so if hidden inputs leaked, they would help one in so many.
# They are shown to nobody, and still nobody can guess them, or tell before whether a change to the source draws others.
VARIANTS = 8


def hidden_seed(secret: bytes, submission: Submission, exercise: Exercise) -> int:
    """One of the exercise's seeds: which one hangs on HMAC(secret, sha256(source)), so that grades are reproducible.

    Returns:
        64 bits. Who does not have the secret can guess neither the seeds nor which of them a source will meet.
    """
    source = hashlib.sha256(json.dumps([exercise.name, submission.cells]).encode()).digest()
    variant = int.from_bytes(hmac.digest(secret, source, "sha256")[:8], "little") % VARIANTS
    seed = hmac.digest(secret, json.dumps([exercise.name, variant]).encode(), "sha256")
    return int.from_bytes(seed[:8], "little")
