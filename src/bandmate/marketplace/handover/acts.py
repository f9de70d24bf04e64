"""What the audit trail notes of handing over."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

HANDED_OVER = declare_action(
    "marketplace.opportunity.handed_over",
    lambda: _("{by} handed the opportunity {subject} over from {from} to {to}"),
).name
CLOSED_FOR_LEAVER = declare_action(
    "marketplace.opportunity.closed_for_leaver",
    lambda: _("{by} closed the mentoring offer {subject}, because its mentor left"),
).name
