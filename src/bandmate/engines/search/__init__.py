"""The full-text index: build, query, facets."""
