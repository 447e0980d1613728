"""Exercises of `entropy`."""

from coursekit.graders.entropy.all import (
    conditional_entropy,
    entr,
    entropy,
    joint_entropy,
    mutual_information,
    perplexity,
    self_information,
)

# in the order of the course
EXERCISES = (
    self_information,
    entropy,
    perplexity,
    joint_entropy,
    conditional_entropy,
    mutual_information,
    entr,
)
