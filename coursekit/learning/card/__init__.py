"""What `check` shows in a notebook: the result, the learner's numbers drawn beside the right ones, hints at a click."""
