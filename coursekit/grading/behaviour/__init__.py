"""What an answer does, apart from how it is written: its answers to questions that are no secret."""
