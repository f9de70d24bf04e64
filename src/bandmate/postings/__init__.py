"""Job boards collected into one canonical, trustworthy record per posting, with its whole lifecycle."""
