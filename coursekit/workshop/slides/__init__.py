"""A lesson as slides: its notebook cut into pieces that fit a screen, on one page that needs no network."""
