"""The event of launches, and the sentences of the audit trail."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.audit import declare_action
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches.domain import LaunchState

VERSION = 1
LAUNCH_CHANGED = "marketplace.launch.changed"

declare_event_type(
    LAUNCH_CHANGED,
    VERSION,
    later("A kind of opportunity was opened, put into pilot, or switched off."),
    "marketplace",
    public=True,
)

CHANGED = "marketplace.launch.changed"
LEAD_APPOINTED = "marketplace.programme_lead.appointed"
LEAD_RELEASED = "marketplace.programme_lead.released"
COMPANIES_CHOSEN = "marketplace.own_companies.chosen"

declare_action(CHANGED, lambda: _("{by} set the launch of {subject} to {state}"))
declare_action(LEAD_APPOINTED, lambda: _("{by} made {subject} a programme lead"))
declare_action(LEAD_RELEASED, lambda: _("{by} released {subject} from leading programmes"))
declare_action(COMPANIES_CHOSEN, lambda: _("{by} chose {count} companies as the company's own"))


def launch_event(kind: Kind, state: LaunchState, version: int, at: datetime) -> Event:
    """Tell that a launch stands elsewhere now."""
    event_id = EventId(fast_derived_id(LAUNCH_CHANGED, kind, str(version), at.isoformat()))
    return Event(event_id, LAUNCH_CHANGED, VERSION, kind, at, {"kind": kind.value, "state": state.value})
