"""Bandmate brings people and opportunity together, and treats them fairly while doing so."""

__version__ = "0.1.0"
