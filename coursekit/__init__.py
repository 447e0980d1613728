"""Helpers of the loss-functions course: `check`, `hint` and `solution`.

Importing this package is cheap: torch and the graders are loaded when the first function is checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.learning.learn import check, hint, solution

__all__ = ["check", "hint", "solution"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in __all__:
        from coursekit.learning import learn

        return getattr(learn, name)
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
