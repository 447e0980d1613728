"""Losses that are quicker or smaller than torch's own, written to be read."""
