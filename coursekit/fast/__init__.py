"""Losses that are quicker or smaller than torch's own, and written to be read."""
