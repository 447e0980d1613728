"""The untrusted side of the jail: runs next to a learner's code and imports nothing of coursekit.

The judge imports these modules too (as `coursekit.jail.inside`), so that both ends of the wire share one
definition of it, and so that a notebook's own `check` evaluates a function exactly as the child does.
"""
