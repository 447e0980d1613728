"""A notebook, as far as showing something goes."""

import sys
from types import SimpleNamespace

import IPython
import pytest


class Displayed(list):
    """What would be sent to a notebook, instead of to whoever runs the tests."""

    def publish(self, data, **_):
        self.append(data)


@pytest.fixture
def displayed(monkeypatch) -> Displayed:
    """A notebook's kernel, as far as displaying goes."""
    sent = Displayed()
    shell = SimpleNamespace(kernel=object(), display_pub=sent)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(sys.modules["IPython.core.interactiveshell"].InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(sys.modules["IPython.core.interactiveshell"].InteractiveShell, "instance", lambda: shell)
    return sent
