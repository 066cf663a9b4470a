"""What the scene network is worth, measured on tissue that it was not trained on."""
