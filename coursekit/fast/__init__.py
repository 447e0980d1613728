"""Losses at scale: hand-written forms that are as fast as torch's own, or faster, and written to be read."""
