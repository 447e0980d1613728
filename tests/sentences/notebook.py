"""A learner's cell, run and checked as in a notebook."""

from __future__ import annotations

import contextlib
import io
import linecache
import warnings
from textwrap import dedent
from typing import Any

from coursekit import check

SETUP = """
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""


def checked(exercise: str, source: str) -> tuple[str, dict[str, Any]]:
    """What a notebook shows below `check(…)`, warnings included, and its names; `feedback` is the Feedback itself."""
    names: dict[str, Any] = {"__name__": "__main__", "check": check}
    shown = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(shown), contextlib.redirect_stdout(io.StringIO()):
        warnings.resetwarnings()
        for number, text in enumerate((SETUP, dedent(source), f"feedback = check({exercise})")):
            path = f"/tmp/ipykernel_1/{number}.py"
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
            exec(compile(text, path, "exec", dont_inherit=True), names)
    return f"{shown.getvalue()}{names['feedback']!r}", names
