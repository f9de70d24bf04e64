"""What a person has taken on and where they want to go: the inputs of ``costs``, read for themselves alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying.costs import MENTORING_HOURS, Aims, Commitment, Cost, cost_of
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.opportunities.queries import skills_of
from bandmate.marketplace.profiles import Profile, TargetKind, Use, own_profile, own_skills

# One line for each thing: whoever is in a team has applied for it too, or was staffed.
_COMMITMENTS = text("""
    select o.title, coalesce(a.hours_per_week, o.hours_per_week, 0) as hours
      from marketplace.team_member t
      join marketplace.opportunity o using (opportunity_id)
      left join marketplace.application a
             on a.opportunity_id = t.opportunity_id and a.person_id = t.person_id and a.state = 'accepted'
     where t.person_id = :person and t.left_at is null and (o.ends_on is null or o.ends_on >= :today)
       and o.opportunity_id <> :this
     union all
    select o.title, coalesce(o.hours_per_week, :mentoring)
      from marketplace.mentoring_pair m left join marketplace.opportunity o on o.opportunity_id = m.offer_id
     where :person in (m.mentee_id, m.mentor_id) and m.ended_at is null and m.offer_id is distinct from :this
     order by 2 desc, 1
""")


def cost_for(
    tx: Tx, person_id: PersonId, opportunity: Opportunity, hours: Decimal | None = None, *, now: datetime
) -> Cost:
    """Return what an opportunity costs a person.

    Args:
        tx: reads.
        person_id: whom; nobody else is shown it.
        opportunity: what.
        hours: a week, where the person offers others than it asks for.
        now: when.
    """
    profile = own_profile(tx, person_id)
    values = {
        "person": person_id,
        "this": opportunity.opportunity_id,
        "today": now.date(),
        "mentoring": MENTORING_HOURS,
    }
    rows = tx.execute(_COMMITMENTS, values)
    return cost_of(
        opportunity.kind,
        hours if hours is not None else opportunity.hours_per_week,
        {skill.uri: skill.label for skill in opportunity.skills},
        available=profile.hours_per_week,
        commitments=[Commitment(row.title or _("Mentoring"), row.hours) for row in rows],
        aims=_aims(tx, profile, opportunity.opportunity_id),
    )


def _aims(tx: Tx, profile: Profile, this: UUID) -> Aims:
    skills = own_skills(tx, profile.person_id)
    has = frozenset(skill.uri for skill in skills if skill.use is Use.HAS)
    wants = {skill.uri: skill.label for skill in skills if skill.use is Use.WANTS}
    target = profile.target
    own: Mapping[str, str] = {}
    is_this = False
    if target is not None and target.kind is TargetKind.OPPORTUNITY and target.opportunity_id is not None:
        is_this = target.opportunity_id == this
        found = skills_of(tx, [target.opportunity_id]).get(target.opportunity_id, ())
        own = {skill.uri: skill.label for skill in found if skill.uri not in has}
    return Aims(target.label if target else None, own or wants, bool(own), has, is_this)
