"""Pure computation: no database, no web; each engine is usable as a library."""
