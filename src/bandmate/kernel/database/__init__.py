"""Embedded PostgreSQL, sessions, running migrations."""
