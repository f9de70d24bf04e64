"""What roles and scopes are called in the reader's language."""

from __future__ import annotations

from bandmate.kernel.identity.access import Role
from bandmate.kernel.languages import gettext as _


def role_names() -> dict[str, str]:
    """Return the name of every role, lowest first, by its value."""
    names = {
        Role.MEMBER: _("member"),
        Role.OPERATOR: _("operator"),
        Role.ADMINISTRATOR: _("administrator"),
    }
    return {role.value: names[role] for role in Role}


def scope_meanings() -> dict[str, str]:
    """Return what a key may do by the scopes that people choose from; one without words is shown by its name."""
    return {
        Role.MEMBER.value: _("Read and change what every member can"),
        Role.OPERATOR.value: _("Read and change what operators can, such as boards and webhooks"),
        Role.ADMINISTRATOR.value: _("Read and change what administrators can, such as accounts"),
        "metrics:read": _("Read the figures for monitoring"),
        "persons:read": _("Read everything that is held about you"),
        "scim": _("Keep the directory of people up to date (SCIM)"),
    }
