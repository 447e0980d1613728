"""The commands. Nothing heavy is imported before the command that needs it runs."""

from coursekit.cli.main import main

__all__ = ["main"]
