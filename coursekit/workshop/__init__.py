"""The workshop: a board that shows what a room is stuck on, live, and what learners' checks post to it."""
