"""A story in which every event of the marketplace happens, told through the use cases of its rooms.

Mia leads, Ana and Kofi report to her, Ben leaves. Kofi offers a project and an hour of mentoring; Ana takes both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.consent import Through, grant
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import Asker, Role
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.applying import acting, answering
from bandmate.marketplace.applying.approving import answer_ask
from bandmate.marketplace.applying.domain import Answer
from bandmate.marketplace.ids import OpportunityId, PairId, RoundId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches.domain import LaunchState
from bandmate.marketplace.launches.governing import Setting, appoint_lead, change_launch
from bandmate.marketplace.launches.queries import launch_of
from bandmate.marketplace.matching import BE_FOUND
from bandmate.marketplace.matching.acting import set_aside, take_back
from bandmate.marketplace.matching.crowd import set_prices
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.domain import Format, Part, Skill, Terms
from bandmate.marketplace.opportunities.skills import own_uri
from bandmate.marketplace.opportunities.wishes import (
    WishTerms,
    change_wish,
    make_wish,
    wish_id_under,
    withdraw_wish,
)
from bandmate.marketplace.people.importing import apply_import
from bandmate.marketplace.profiles import ClaimKind, ClaimText, ConfirmerRole, Named, Profile, Use, Visibility
from bandmate.marketplace.profiles import add_claim as add
from bandmate.marketplace.profiles import ask_confirmation as ask
from bandmate.marketplace.profiles.portfolio.claims import change_claim, claim_id_for, remove_claim
from bandmate.marketplace.profiles.portfolio.confirmations import answer
from bandmate.marketplace.profiles.skills import add_skills
from bandmate.marketplace.profiles.writing import save_whole
from bandmate.marketplace.rounds import end_pair, pairs_of, publish_round
from bandmate.marketplace.rounds.acts import create_round, open_round
from bandmate.marketplace.rounds.previewing import preview

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

_DIRECTORY = """\
user_name,display_name,email,title,department,manager
mia,Mia Okafor,,Head,Catalogue,
ana,Ana Ruiz,,Audio engineer,Catalogue,mia
kofi,Kofi Mensah,,Data analyst,Insights,mia
ben,Ben Adler,,Editor,Catalogue,mia
"""
_A_YEAR_LATER = """\
user_name,display_name,email,title,department,manager
mia,Mia Okafor,,Head,Catalogue,
ana,Ana Ruiz,,Senior audio engineer,Catalogue,mia
kofi,Kofi Mensah,,Data analyst,Insights,mia
"""
_MIXING = Skill(own_uri("mixing"), "mixing", Part.WANTED)

People = Mapping[str, PersonId]


def tell_marketplace(database: Database) -> None:
    """Let every event of the marketplace happen at least once, in an installation where nothing happened yet."""
    people = tell_of_people(database)
    tell_of_launches(database, people)
    tell_of_profiles(database, people)
    tell_of_opportunities(database, people)
    tell_of_wishes(database, people)
    tell_of_rounds(database, people)


def tell_of_people(database: Database) -> People:
    """Four people join, one of them is promoted, one leaves; return who they are by user name."""
    for content in (_DIRECTORY, _A_YEAR_LATER):
        _do(database, apply_import, content.encode(), complete=True, by="tests")
    with database.read() as tx:
        rows = tx.execute(text("select user_name, person_id from marketplace.employee where active"))
        return {row.user_name: PersonId(row.person_id) for row in rows}


def tell_of_launches(database: Database, people: People) -> None:
    """Everything is opened to everybody, and Mia leads the programmes."""
    on, mia = Setting(LaunchState.ON), people["mia"]
    for kind in Kind:
        with database.read() as tx:
            version = launch_of(tx, kind).version
        _do(database, change_launch, mia, kind, on, reason="It is time.", version=version)
    _do(database, appoint_lead, mia, "mia")


def tell_of_profiles(database: Database, people: People) -> None:
    """Ana writes a profile; Mia confirms a piece of her evidence, which Ana then changes and removes."""
    ana, mia = people["ana"], people["mia"]
    mixing = Named(_MIXING.uri, _MIXING.label, _MIXING.label)
    _do(database, save_whole, Profile(ana, headline="I make old tapes sound new."), version=0)
    _do(database, add_skills, ana, [mixing], Use.HAS, level=3)
    claim = claim_id_for(ana, "tapes")
    said = ClaimText(ClaimKind.PROJECT, "The tapes of 1974")
    _do(database, add, ana, claim, said)
    asked = _do(database, ask, ana, claim, mia, ConfirmerRole.MANAGER)
    _do(database, answer, mia, claim, confirms=True, words="She did.", version=asked.version)
    other = replace(said, title="The tapes of 1975")
    _do(database, change_claim, ana, claim, other, visibility=Visibility.TEAM, version=None)
    _do(database, remove_claim, ana, claim)


def tell_of_opportunities(database: Database, people: People) -> None:
    """Kofi's project is changed, passed over, priced, invited to, applied for, filled and closed."""
    ana, kofi = _asker(people, "ana"), _asker(people, "kofi")
    terms = Terms(
        kind=Kind.PROJECT, title="Radio", summary="Twelve episodes.", skills=(_MIXING,), hours_per_week=Decimal(4)
    )
    project = _offer(database, kofi, terms)
    longer = replace(terms, summary="Thirteen episodes.")
    _do(database, writing.change, kofi, project, longer, version=2)
    _do(database, set_aside, people["ana"], project)
    _do(database, take_back, people["ana"], project)
    _do(database, set_prices)
    with database.begin() as tx:
        shown = BE_FOUND.shown(to=people["ana"], through=Through.PAGE)
        grant(tx, people["ana"], BE_FOUND.name, None, evidence=shown, at=NOON)
    _do(database, answering.invite, kofi, project, people["ana"])
    made = _do(database, acting.apply, ana, project, words="I would like to.", hours=None).application_id
    _do(database, answering.offer, kofi, made, words="Come!")
    _do(database, answer_ask, people["mia"], made, Answer.FINE, "")
    _do(database, acting.accept, ana, made)
    _do(database, writing.close, kofi, project, version=_version(database, project))


def tell_of_wishes(database: Database, people: People) -> None:
    """Ana wishes for a mentor, wishes for more, and thinks better of it."""
    ana = people["ana"]
    wish = wish_id_under(ana, "first")
    terms = WishTerms(Format.ONE_TO_ONE, (_MIXING,))
    made = _do(database, make_wish, ana, wish, terms)
    _do(database, change_wish, ana, wish, replace(terms, words="By spring."), version=made.version)
    _do(database, withdraw_wish, ana, wish)


def tell_of_rounds(database: Database, people: People) -> None:
    """Ana wishes again; a round pairs her with Kofi, and after some time they end it."""
    ana, mia, kofi = people["ana"], people["mia"], _asker(people, "kofi")
    _do(database, make_wish, ana, wish_id_under(ana, "second"), WishTerms(Format.ONE_TO_ONE, (_MIXING,)))
    offered = Terms(
        kind=Kind.MENTORING,
        title="An hour of mixing",
        summary="Bring your own tracks.",
        format=Format.ONE_TO_ONE,
        skills=(_MIXING,),
        hours_per_week=Decimal(1),
    )
    _offer(database, kofi, offered)
    round_id = RoundId(new_id())
    drafted = _do(database, create_round, mia, round_id, "Spring", Format.ONE_TO_ONE)
    _do(database, open_round, round_id, version=drafted.version)
    seen = preview(database, round_id, clock=lambda: NOON)
    _do(database, publish_round, mia, round_id, version=seen.version)
    with database.read() as tx:
        pair = pairs_of(tx, ana)[0].pair
    _do(database, end_pair, kofi, PairId(pair.pair_id), reason="We are done.", version=pair.version)


def _do(database: Database, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Do something in a transaction of its own, at noon."""
    with database.begin() as tx:
        return act(tx, *given, **named, now=NOON)


def _asker(people: People, name: str) -> Asker:
    return Asker(people[name], name.title(), Role.MEMBER.included, frozenset(), "session")


def _offer(database: Database, owner: Asker, terms: Terms) -> OpportunityId:
    opportunity_id = OpportunityId(new_id())
    _do(database, writing.create, owner, opportunity_id, terms)
    _do(database, writing.publish, owner, opportunity_id, version=1)
    return opportunity_id


def _version(database: Database, opportunity_id: UUID) -> int:
    statement = text("select version from marketplace.opportunity where opportunity_id = :id")
    with database.read() as tx:
        return int(tx.execute(statement, {"id": opportunity_id}).scalar_one())
