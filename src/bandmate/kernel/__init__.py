"""Plumbing without any domain: settings, database, events, identity, web shell, outbound HTTP, archive."""
