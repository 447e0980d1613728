"""What a learner meets: check, hint, solution, how a report looks, pictures."""
