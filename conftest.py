"""What holds for tests/ and notebooks/ alike."""

import gc
import os
import sys

import pytest

# The suite starts some hundred Pythons. Where none may keep its bytecode, each compiles torch again, for seconds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# Ten thousand tests, torch and the course are there to stay: looking through them for garbage takes a fifth of the time
gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is looked for, in what tests leave behind."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)  # there are runs without xdist
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: two of them mostly wait, for a kernel, a browser or a jail."""
    return (os.cpu_count() or 1) + 2


def pytest_configure() -> None:
    """Workers share the cores: torch, in them and in what they start, would take all of them for each."""
    workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if workers:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(workers))))


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what `-m` does not ask for
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every cell of a notebook is slow: it starts a kernel and imports torch.

    Files with slow tests come first, so that neither of two workers is left with one of them at the end.
    """
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
