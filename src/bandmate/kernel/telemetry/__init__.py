"""What the program tells of itself: logs, metrics, health, and an id for every request."""
