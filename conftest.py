"""What holds for tests/ and notebooks/ alike."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every cell of a notebook is slow: it starts a kernel and imports torch."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.slow)
