"""Helpers of the loss-functions course: `check`, `hint`, `solution`, `predict`, `progress`, `join`, and pictures.

Importing this package is cheap: torch and the graders are loaded when the first function is checked, matplotlib with
the first picture.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.explorables.explore import explore
    from coursekit.learning.figures import COLOURS, Live, show, subplots
    from coursekit.learning.joined.joining import join
    from coursekit.learning.learn import check, hint, solution
    from coursekit.learning.predict import predict
    from coursekit.learning.progress import progress

__all__ = ["COLOURS", "Live", "check", "explore", "hint", "join", "predict", "progress", "show", "solution", "subplots"]
__version__ = "0.1.0"

_MODULES = {
    **dict.fromkeys(("check", "hint", "solution"), "learning.learn"),
    **dict.fromkeys(("COLOURS", "Live", "show", "subplots"), "learning.figures"),
    "explore": "explorables.explore",
    "join": "learning.joined.joining",
    "predict": "learning.predict",
    "progress": "learning.progress",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"coursekit.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
