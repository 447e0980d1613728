"""The commands. Nothing heavy is imported before the command that needs it runs."""

from coursekit.cli.commands import main

__all__ = ["main"]
