"""Who did what here, from where: an append-only trail of what administrators and auditors ask about."""

from bandmate.kernel.audit import holding as _holding  # noqa: F401 - declares what the trail holds about persons
from bandmate.kernel.audit import tables as _tables  # noqa: F401 - known to the metadata wherever notes are written
from bandmate.kernel.audit.actions import Action, declare_action
from bandmate.kernel.audit.trail import note

__all__ = ["Action", "declare_action", "note"]
