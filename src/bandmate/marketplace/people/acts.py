"""What the directory notes in the audit trail, with the sentences in which it reads there."""

from __future__ import annotations

from bandmate.kernel.audit import declare_action
from bandmate.kernel.languages import gettext as _

IMPORTED = declare_action(
    "marketplace.directory.imported",
    lambda: _("{by} imported people: {joins} new, {returns} back, {changes} changed, {leaves} left"),
).name
PROVISIONED = declare_action(
    "marketplace.employee.provisioned", lambda: _("{by} entered {subject} into the directory by SCIM")
).name
DEACTIVATED = declare_action(
    "marketplace.employee.deactivated", lambda: _("{by} marked {subject} as having left, by SCIM")
).name
REMOVED = declare_action(
    "marketplace.employee.removed", lambda: _("{by} removed {subject} from the directory by SCIM")
).name
