"""What holds for tests/ and notebooks/ alike."""

import pytest


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
