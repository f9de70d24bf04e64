"""What was decided about whom, by which rule, from what, and why; overridden, contested, answered, replayed."""
