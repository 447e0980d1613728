"""A folder of work in, a gradebook out."""
