"""A page for each loss, made of what the course knows: its table of losses, its exercises, their mistakes."""

from coursekit.site.losses.pages import write

__all__ = ["write"]
