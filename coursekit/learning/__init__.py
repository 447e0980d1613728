"""What a learner meets: check, hint, solution, progress, how a report looks, pictures."""
