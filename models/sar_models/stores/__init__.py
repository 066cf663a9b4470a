"""Where slides live and results go."""
