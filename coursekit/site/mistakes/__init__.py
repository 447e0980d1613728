"""The catalogue of mistakes as pages: each with its sentence, and a line that shows it."""

from coursekit.site.mistakes.catalogue import write

__all__ = ["write"]
