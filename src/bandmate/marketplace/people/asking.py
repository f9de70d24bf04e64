"""Who may use the marketplace: the company's active employees; others are told who can help."""

from __future__ import annotations

from typing import ClassVar

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.domain import Employee
from bandmate.marketplace.people.queries import employee_of


class NotAnEmployee(Forbidden):
    """The asker is not in the directory of the company's people."""

    slug: ClassVar[str] = "not-an-employee"
    title: ClassVar[str] = "You are not in the directory"
    remedy: ClassVar[str] = (
        "Ask your people team to add you to the directory, with the e-mail address of your account."
    )


def employee_asking(tx: Tx, asker: Asker) -> Employee:
    """Return the active employee who asks.

    Raises:
        NotAnEmployee: when the asker is none.
    """
    found = employee_of(tx, asker.person_id)
    if found is None:
        raise NotAnEmployee(_("The marketplace is for the company's people, and your account is not among them."))
    return found


def person_asking(tx: Tx, asker: Asker) -> PersonId:
    """Return the id of the active employee who asks; raises as ``employee_asking``."""
    return employee_asking(tx, asker).person_id
