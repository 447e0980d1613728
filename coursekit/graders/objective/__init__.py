"""Exercises of `objective`."""

from coursekit.graders.objective.all import (
    adam_first_step,
    batch_cost,
    cost,
    l1_penalty,
    l2_penalty,
    objective,
    sgd_step,
    soft_threshold,
    squared_error,
)

# in the order of the course
EXERCISES = (
    squared_error,
    cost,
    batch_cost,
    l2_penalty,
    l1_penalty,
    objective,
    soft_threshold,
    sgd_step,
    adam_first_step,
)
