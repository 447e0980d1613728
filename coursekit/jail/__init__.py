"""The wall between judge and learner's code: `judge` is this side of it, `inside` the other."""
