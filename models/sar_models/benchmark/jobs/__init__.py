"""What the queue costs, and what it survives."""
