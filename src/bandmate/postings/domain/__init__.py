"""Pure rules of postings: identity, lifecycle, meaning and change. No input, no output."""
