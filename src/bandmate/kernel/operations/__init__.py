"""Keeping an installation alive: backup, restore, and a doctor who says what is wrong and how to mend it."""
