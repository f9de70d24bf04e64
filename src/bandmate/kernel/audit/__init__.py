"""Who did what here, from where: an append-only trail of what administrators and auditors ask about."""

from bandmate.kernel.audit.trail import note

__all__ = ["note"]
