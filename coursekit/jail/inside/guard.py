"""What is noticed in a child of an exercise by hand however it is spelt, as Python itself tells of it.

By its audit hooks Python reports what code does that looks into other code, or into memory. No code can take such a
hook away again, and none does these things for a loss.
"""

from __future__ import annotations

import sys
from typing import Any

from coursekit.jail.inside.byhand import ByHand

_TELLING = {
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames", "sys._current_exceptions"),
    *("sys.settrace", "sys.setprofile", "code.__new__", "function.__new__", "sys.addaudithook"),
}


def put_on(by_hand: ByHand) -> None:
    """From here on whoever does such a thing is caught; and nothing of ctypes is left, which could do it in silence."""
    for name in ("ctypes", "_ctypes", "ctypes.util", "ctypes._endian", "numpy.ctypeslib", "numpy.ctypeslib._ctypeslib"):
        module = sys.modules.pop(name, None)
        if module is not None:
            vars(module).clear()

    def hear(event: str, told: tuple[Any, ...]) -> None:
        if (
            event in _TELLING
            or event.startswith("ctypes.")
            or (event == "object.__setattr__" and told[1] == "__code__")
        ):
            by_hand.catch(event)

    sys.addaudithook(hear)
