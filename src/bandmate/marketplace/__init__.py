"""The internal talent marketplace: people, jobs, projects and mentoring; found by search, by matching, by rounds."""
