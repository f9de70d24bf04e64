"""Applications as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying.domain import Act, Party, State, Step, acts_of, check_hours, may_resume
from bandmate.marketplace.applying.queries import Seen
from bandmate.marketplace.applying.words import BADGES, ICONS, manager_says, next_step, state_name, why

PRIVATE = {"Cache-Control": "private, no-store"}
MINE = "/me/applications"
OPPORTUNITIES = "/opportunities"


def own(asker: Asker) -> PersonId:
    """Return the person who asks."""
    assert asker.person_id is not None, "only persons are admitted here"  # noqa: S101 - what the statement ensures
    return asker.person_id


def hours_from(written: str) -> Decimal | None:
    """Read hours a week as people write them; a comma is fine.

    Raises:
        InvalidInput: when it is no number, or nobody can work so much.
    """
    plain = written.strip().replace(",", ".")
    if not plain:
        return None
    try:
        return check_hours(Decimal(plain))
    except InvalidOperation as error:
        raise InvalidInput(_("Write hours a week as a number, such as 4."), field="hours_per_week") from error


def shown(seen: Seen, steps: Sequence[Step], now: datetime) -> Mapping[str, object]:
    """Return what a page needs of an application, for its applicant or for who answers it."""
    application, opportunity = seen.application, seen.opportunity
    mine = acts_of(application.state, Party.APPLICANT)
    theirs = acts_of(application.state, Party.OWNER)
    withdrawn = application.state is State.WITHDRAWN and bool(steps) and may_resume(steps[-1].at, now)
    resumable = withdrawn and opportunity.is_open(now) and len(steps) > 1 and steps[-2].state is not State.ACCEPTED
    ask = seen.ask
    return {
        "id": str(application.application_id),
        "href": f"{MINE}/{application.application_id}",
        "opportunity_href": f"{OPPORTUNITIES}/{opportunity.opportunity_id}",
        "opportunity": opportunity,
        "application": application,
        "name": seen.name,
        "meta": " · ".join(each for each in (seen.title, seen.department) if each),
        "state": state_name(application.state),
        "badge": BADGES[application.state],
        "why": why(seen),
        "next": next_step(seen, now),
        "manager": manager_says(seen, now),
        "manager_words": ask.words if ask else "",
        "manager_name": ask.manager_name if ask else "",
        "manager_due": ask.due_at if ask and ask.waits(now) else None,
        "concern": ask is not None and ask.answer == "concern",
        "waits_for_manager": ask is not None and ask.waits(now),
        "due": application.answer_due_at if application.state in {State.APPLIED, State.SHORTLISTED} else None,
        "late": application.answer_due_at is not None and application.answer_due_at <= now,
        "is_over": application.state is State.NOT_CHOSEN,
        "may_apply": Act.APPLY in mine and opportunity.is_open(now),
        "may_change": application.state is State.APPLIED and opportunity.is_open(now),
        "may_withdraw": Act.WITHDRAW in mine,
        "leaves": application.state is State.ACCEPTED,
        "may_resume": resumable,
        "may_accept": Act.ACCEPT in mine,
        "acts": {act.value for act in theirs},
        "timeline": [
            {
                "at": step.at,
                "title": state_name(step.state),
                "icon": ICONS[step.state],
                "words": step.words,
                "by": step.by_name or "",
            }
            for step in reversed(steps)
        ],
    }
