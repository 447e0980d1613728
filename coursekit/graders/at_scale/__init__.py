"""Losses at scale: the same numbers with fewer operations, less memory and no underflow."""

# the exercises, in the order of the course
from coursekit.graders.at_scale.scaled_ctc import ctc_scaled

# these add their mistakes to the exercises above
from coursekit.graders.at_scale import scaled_ctc_mistakes
