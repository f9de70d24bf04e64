"""Mentoring rounds: everybody who wishes for a mentor paired at once, at the best value there is."""
