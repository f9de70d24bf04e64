"""What the audit trail says of webhooks, in sentences."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

declare_action("webhooks.endpoint.registered", lambda: _("{by} registered the webhook {subject} for {types}"))
declare_action("webhooks.endpoint.changed", lambda: _("{by} changed the webhook {subject}; it now gets {types}"))
declare_action(
    "webhooks.endpoint.allowed",
    lambda: _("{by} set which events about persons the webhook {subject} gets: {types}"),
)
declare_action("webhooks.endpoint.rotated", lambda: _("{by} gave the webhook {subject} a new secret"))
declare_action("webhooks.endpoint.paused", lambda: _("{by} paused the webhook {subject}"))
declare_action("webhooks.endpoint.resumed", lambda: _("{by} resumed the webhook {subject}"))
declare_action("webhooks.endpoint.deleted", lambda: _("{by} deleted the webhook {subject}"))
declare_action("webhooks.endpoint.restored", lambda: _("{by} restored the webhook {subject}"))
declare_action("webhooks.endpoint.disabled", lambda: _("The webhook {subject} was disabled: {because}"))
declare_action(
    "webhooks.replay.requested", lambda: _("{by} had the webhook {subject} sent everything since {since}")
)
