"""What the audit trail says of the keeping of an installation."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

BACKUP_TAKEN = declare_action("operations.backup.taken", lambda: _("{by} took a backup")).name
