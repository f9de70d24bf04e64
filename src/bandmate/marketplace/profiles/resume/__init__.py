"""JSON Resume 1.0.0 (jsonresume.org/schema) in and out: somebody's own file, read with care and never trusted."""
