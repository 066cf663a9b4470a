"""Training of the learned parts, on stacks of tissue that are stained anew at every step."""
