"""What this machine has, and what shows a notebook on it."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def needs_view() -> bool:
    """Whether the notebook is open in VS Code or Colab, where a model is known to the page only if it has a view."""
    return "VSCODE_PID" in os.environ or "google.colab" in sys.modules
