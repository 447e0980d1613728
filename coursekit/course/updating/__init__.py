"""A newer course, with all that its learner has written. Nothing but Python itself is needed: start.py runs it."""
