"""Finding opportunities: one search over all kinds, the same for pages, API and alerts."""
