"""The internal talent marketplace: people, jobs, projects and mentoring, found by search, matching and rounds."""
