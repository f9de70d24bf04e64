"""What the ways in and the running of accounts note in the audit trail; the rest of identity's is in ``acts``."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

LINKED = declare_action(
    "identity.provider.linked", lambda: _("{by} connected their account to the provider {issuer}")
).name
UNLINKED = declare_action(
    "identity.provider.unlinked", lambda: _("{by} disconnected their account from the provider {issuer}")
).name
DISABLED = declare_action("identity.account.disabled", lambda: _("{by} disabled the account of {subject}")).name
ENABLED = declare_action("identity.account.enabled", lambda: _("{by} enabled the account of {subject}")).name
SERVICE_CREATED = declare_action(
    "identity.service_account.created", lambda: _("{by} created the service account {subject}, role {role}")
).name
