"""A project is finished: its host closes it with words for each member, evidence for their portfolios."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying import letters
from bandmate.marketplace.applying.domain import check_words
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.queries import Member, answered_by, members_of
from bandmate.marketplace.applying.writing import hold_opportunity
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.opportunities.writing import close
from bandmate.marketplace.profiles import Claim, ClaimKind, ClaimText, add_claim, claim_id_for
from bandmate.marketplace.profiles.portfolio.domain import LONGEST_ANSWER, MOST_CLAIM_SKILLS

# The host's words are a confirmation: they were there. Who removed the claim before keeps it removed.
_CONFIRM = text("""
    insert into marketplace.claim_confirmation
           (claim_id, by_person, role_of_confirmer, state, words, claim_version, asked_at, answered_at)
    values (:claim, :host, 'host', 'confirmed', :words, :version, :now, :now)
    on conflict (claim_id, by_person) do nothing
""")
_LEAVE = text("""
    update marketplace.team_member set left_at = :now where opportunity_id = :opportunity and left_at is null
""")


def finish(
    tx: Tx, asker: Asker, opportunity_id: OpportunityId, words: Mapping[PersonId, str], *, now: datetime
) -> tuple[Member, ...]:
    """Close a project: every member gets evidence of it, confirmed by the host with words of their own.

    Args:
        tx: writes.
        asker: the host.
        opportunity_id: the project.
        words: for each member what they did and how it was; empty where the host only confirms.
        now: when.

    Returns:
        Who was in the team. Nobody, when it was finished before.

    Raises:
        NotFound: when it is not the asker's.
        Forbidden: when the asker stands in for a host who left: they were not there.
        Conflict: when it is no project.
        InvalidInput: when there are words for somebody who is not in the team, or too many of them.
    """
    hold_opportunity(tx, opportunity_id)
    project = answered_by(tx, asker, opportunity_id)
    if project.kind is not Kind.PROJECT:
        raise Conflict(_("Only projects are finished; a job or mentoring is closed."))
    if project.owner_id != asker.person_id or asker.person_id is None:
        raise Forbidden(_("Only the host can say what each member did."))
    members = members_of(tx, opportunity_id)
    said = {person: check_words(each, str(person), LONGEST_ANSWER) for person, each in words.items()}
    strangers = set(said) - {member.person_id for member in members}
    if members and strangers:
        raise InvalidInput(_("There are words for somebody who is not in the team."), field="words")
    for member in members:  # a team: at most as many as a project has seats
        _add_evidence(tx, project, member, said.get(member.person_id, ""), asker.person_id, now)
    tx.execute(_LEAVE, {"opportunity": opportunity_id, "now": now})
    letters.send(tx, [_letter(project, member, said, asker.name) for member in members], now=now)
    close(tx, asker, opportunity_id, version=project.version, now=now)
    return members


def _add_evidence(
    tx: Tx, project: Opportunity, member: Member, words: str, host: PersonId, now: datetime
) -> Claim | None:
    claim_id = claim_id_for(member.person_id, f"project {project.opportunity_id}")
    told = ClaimText(
        ClaimKind.PROJECT,
        project.title,
        words=project.summary,
        from_date=min(member.joined_at, now).date(),
        to_date=now.date(),
        opportunity_id=project.opportunity_id,
        skills={skill.uri: skill.label for skill in project.skills[:MOST_CLAIM_SKILLS]},
    )
    try:
        with tx.begin_nested():
            claim = add_claim(tx, member.person_id, claim_id, told, now=now)
    except (NotFound, InvalidInput):  # removed by its person, or the portfolio is full: theirs to decide
        return None
    values = {"claim": claim_id, "host": host, "words": words, "version": claim.version, "now": now}
    tx.execute(_CONFIRM, values)
    return claim


def _letter(project: Opportunity, member: Member, words: Mapping[PersonId, str], host: str) -> Letter:
    def write() -> News:
        return News(
            _("“{title}” is finished").format(title=project.title),
            (
                _(
                    "{name} confirmed in your portfolio that you took part. Only you see it until you share it."
                ).format(name=host),
            ),
            "/me/portfolio",
            _("Open your portfolio"),
            _("You get this because you took part in it."),
            words.get(member.person_id, ""),
            host,
        )

    return Letter(member.person_id, ("finished", str(project.opportunity_id), str(member.person_id)), write)
