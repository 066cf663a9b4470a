"""What the server keeps: kinds of objects, their rows, and the log that survives a kill."""
