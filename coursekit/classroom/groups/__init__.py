"""Answers that fail by no known mistake, in groups by what they do, and the names of those."""
