"""Who asks, at the doors of profiles: an active employee, or (for what is one's own and stays so) any person."""

from __future__ import annotations

from pathlib import Path

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.asking import NotAnEmployee
from bandmate.marketplace.profiles.queries import is_employee

TEMPLATES = Path(__file__).parent / "templates"
FOLDER = "marketplace_profiles"
"""Under which name the application knows these templates."""

PRIVATE = {"Cache-Control": "private, no-store"}


def own(asker: Asker) -> PersonId:
    """Return the person who asks."""
    assert asker.person_id is not None, "only persons are admitted here"  # noqa: S101 - what the statement ensures
    return asker.person_id


def employee(tx: Tx, asker: Asker) -> PersonId:
    """Return the active employee who asks.

    Raises:
        NotAnEmployee: when they are none; says who can help.
    """
    person_id = own(asker)
    if not is_employee(tx, person_id):
        raise NotAnEmployee(
            _(
                "You are not in the company's directory (any more), so there is no profile to keep here. "
                "Your portfolio stays yours, at /me/portfolio."
            )
        )
    return person_id
