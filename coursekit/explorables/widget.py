"""What Python has of an explorable: its state, and how it is shown. Only this module knows anywidget."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import anywidget
import traitlets

from coursekit import machine
from coursekit.explorables import source


class Explorable(anywidget.AnyWidget):
    """A picture that is drawn in the browser and follows the hand; its traits follow at the end of each move.

    JupyterLab and a page without a kernel are given a picture with a script that brings it to life, and the script
    finds the kernel's model by its key. So a notebook that is opened again later shows the picture, alive where the
    notebook is trusted, and no error about a model that is gone. VS Code and Colab connect only views.
    """

    kind: ClassVar[str]
    key = traitlets.Unicode().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init_subclass__(cls, **options: Any) -> None:
        if "kind" in cls.__dict__:
            cls._esm = source.module(cls.kind)
        super().__init_subclass__(**options)

    def __init__(self, **state: Any) -> None:
        names = [name for name in self.class_trait_names(shown=True) if not name.startswith("_")]
        super().__init__(key=uuid.uuid4().hex, names=sorted(names), **state)

    def state(self) -> dict[str, Any]:
        """What is shown, as JSON knows it."""
        return {name: getattr(self, name) for name in self.names}

    def html(self, key: str = "") -> str:
        """The explorable in one piece of HTML, alive without a kernel; `source.page` makes a page of such pieces.

        Args:
            key: the name of the kernel's model, which a page without a kernel has none of.
        """
        return source.box(self.kind, self.state(), key, self._picture()) + "\n" + source.script(self.kind)

    def _picture(self) -> str:
        """An `<img>` with alt text; empty where the kept one is meant."""
        return ""

    def said(self) -> str:
        """What is to be seen, in words."""
        return source.words(self.kind, self.state())

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = (super()._repr_mimebundle_(**options) if machine.needs_view() else None) or ({}, {})
        return {**data, "text/html": self.html(self.key), "text/plain": f"{self.said()}\n{source.RUN}"}, metadata


def shown(trait: Any) -> Any:
    """Marks a trait as one of those that make the picture."""
    return trait.tag(sync=True, shown=True)
