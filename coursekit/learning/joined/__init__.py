"""A learner in a workshop: which one, what is posted to it and when, and what comes from there."""
