"""What the program tells of itself: logs, metrics, health, and a name for every request."""
