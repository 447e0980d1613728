"""What the autograder does in Gradescope's container: grades one submission and writes results.json, come what may."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from coursekit.classroom import batch, gradefiles
from coursekit.course import syllabus
from coursekit.files import write_whole
from coursekit.grading.submission import read_submission
from coursekit.jail.judge import Jail
from coursekit.jail.terms import JailError
from coursekit.publish.export import gradescope
from coursekit.report import Graded
from coursekit.text import clean_name

_REFUSED = (
    "Submissions cannot be confined in this container, so none is graded. Choose an image that allows it, or set "
    "TRUST_SUBMISSIONS=yes in run_autograder if you trust your learners not to read the graders or forge a grade."
)


def main(topic: str, root: Path, *, trust_submissions: bool, visibility: str = gradescope.VISIBLE) -> int:
    """Grades what lies in `root/submission` and writes `root/results/results.json`.

    Returns:
        0, or 1 where the autograder itself failed; what went wrong is printed, which only the instructor sees.
    """
    try:
        graded = _grade(topic, root, trust_submissions)
        content = gradescope.results(graded, visibility=visibility)
        code = 0
    except Exception as error:  # results.json is owed whatever happens, and the learner is told no internals
        print(f"{type(error).__name__}: {error}")
        content = gradescope.not_graded("its output, which only you see, says more.")
        code = 1
    write_whole(root / "results" / "results.json", json.dumps(content, indent=1).encode("ascii"))
    return code


def _grade(topic: str, root: Path, trust_submissions: bool) -> Graded:
    exercises = syllabus.find_topic(topic).exercises
    submission = read_submission(root / "submission", learner(root / "submission_metadata.json"))
    secret = gradefiles.read_secret(root / "source")
    with ExitStack() as stack:
        try:
            jail = stack.enter_context(Jail())
        except JailError as error:  # only here: what a submission may bring about later must not take its walls away
            print(f"Not confined: {error}")
            if not trust_submissions:
                raise JailError(_REFUSED) from None
            jail = stack.enter_context(Jail(confined=False))
        for layer in jail.layers:
            print(f"{'in force' if layer.in_force else 'not in force':<14}{layer.name}: {layer.detail}")
        return batch.score_submission(submission, exercises, jail, secret)


def learner(metadata: Path) -> str:
    """Who handed in, by submission_metadata.json: the names of a group joined, or a word where they cannot be read."""
    try:
        users = json.loads(metadata.read_text(encoding="utf-8"))["users"]
        names = [str(user.get("name") or user["email"]) for user in users]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        names = []
    return clean_name(" and ".join(names)) if names else "learner"


if __name__ == "__main__":
    sys.exit(
        main(
            sys.argv[1],
            Path(os.environ.get("AUTOGRADER_ROOT", "/autograder")),
            trust_submissions=os.environ.get("TRUST_SUBMISSIONS") == "yes",
            visibility=os.environ.get("VISIBILITY", gradescope.VISIBLE),
        )
    )
