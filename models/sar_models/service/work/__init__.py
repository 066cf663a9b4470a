"""What runs in the processes of lanes; only there is it imported."""
