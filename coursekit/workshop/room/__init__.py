"""What a room is like by now, as its log tells it."""

from coursekit.workshop.room.room import Room

__all__ = ["Room"]
