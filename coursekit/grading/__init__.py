"""One function in, one Report out."""
