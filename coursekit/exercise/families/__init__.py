"""What many exercises share: inputs, reductions, twins, what every loss owes, and what it invites to get wrong."""
