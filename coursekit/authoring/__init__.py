"""What the course's authors use: refresh, verify, scaffold."""
