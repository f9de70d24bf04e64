"""Who sees what: every field in every visibility, looked at in every relation, by the one place that decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from tests.marketplace.profiles.conftest import NOW, Browsers, Company

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.profiles.domain import (
    DEFAULTS,
    Field,
    Profile,
    Relation,
    Target,
    TargetKind,
    Use,
    Visibility,
)
from bandmate.marketplace.profiles.naming import Named
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for
from bandmate.marketplace.profiles.portfolio.domain import ClaimKind, ClaimText
from bandmate.marketplace.profiles.queries import own_profile
from bandmate.marketplace.profiles.skills import add_skills
from bandmate.marketplace.profiles.visibility import VisibleProfile, own_whole, visible_profile, visible_profiles
from bandmate.marketplace.profiles.writing import save_whole

RELATIONS = {
    "anna": Relation.SELF,
    "boss": Relation.MANAGER,
    "top": Relation.UPPER_MANAGER,
    "mate": Relation.TEAM,
    "junior": Relation.REPORT,
    "other": Relation.OTHER,
}
NEAR = {"boss", "top", "mate", "junior"}

# What each field shows, as a probe over a visible profile; written out here, so that a new field fails the test.
SHOWS: dict[Field, Callable[[VisibleProfile], object]] = {
    Field.HEADLINE: lambda seen: seen.headline,
    Field.ABOUT: lambda seen: seen.about,
    Field.STRENGTHS: lambda seen: seen.strengths,
    Field.INTERESTS: lambda seen: seen.interests,
    Field.SKILLS: lambda seen: seen.skills,
    Field.WANTS: lambda seen: seen.wants,
    Field.AIMS: lambda seen: seen.aims,
    Field.TARGET: lambda seen: seen.target,
    Field.WORKING_STYLE: lambda seen: seen.working_style,
    Field.AVAILABILITY: lambda seen: (seen.hours_per_week is not None) or seen.available_from,
    Field.OPEN_TO: lambda seen: seen.open_to,
}


def fill(company: Company, visibility: Visibility) -> None:
    """Give Anna a profile with everything on it, all of it visible to the same people."""
    whole = Profile(
        company["anna"],
        headline="HEADLINE",
        about="ABOUT",
        strengths=("STRENGTH",),
        interests=("INTEREST",),
        aims="AIMS",
        target=Target(TargetKind.WORDS, "TARGET", by=date(2028, 1, 1)),
        working_style={"pace": 1},
        hours_per_week=Decimal(4),
        available_from=date(2027, 1, 1),
        open_to=frozenset({Kind.PROJECT}),
        visibility=dict.fromkeys(Field, visibility),
    )
    company.open_to_all("project")
    with company.database.begin() as tx:
        save_whole(tx, whole, version=None, now=NOW)
        add_skills(tx, company["anna"], [Named("own:has", "HAS", "has")], Use.HAS, level=3, now=NOW)
        add_skills(tx, company["anna"], [Named("own:wants", "WANTS", "wants")], Use.WANTS, level=None, now=NOW)
        said = ClaimText(ClaimKind.PROJECT, f"CLAIM-{visibility}")
        add_claim(
            tx, company["anna"], claim_id_for(company["anna"], visibility), said, visibility=visibility, now=NOW
        )


def look(company: Company, asker: PersonId, person: PersonId) -> VisibleProfile:
    """Look at somebody."""
    with company.database.read() as tx:
        return visible_profile(tx, asker, person)


@pytest.mark.parametrize("visibility", Visibility)
def test_every_field_in_every_relation(company: Company, visibility: Visibility) -> None:
    """A field shows to oneself always, to the team from "team" on, to all employees from "company" on; no more."""
    fill(company, visibility)
    assert set(SHOWS) == set(Field), "every field is looked at here"
    for name, relation in RELATIONS.items():
        seen = look(company, company[name], company["anna"])
        assert seen.relation is relation
        allowed = (
            name == "anna" or visibility is Visibility.COMPANY or (visibility is Visibility.TEAM and name in NEAR)
        )
        for each, shows in SHOWS.items():
            assert bool(shows(seen)) is allowed, f"{each} with {visibility} to {name}"
            assert (each in seen.fields) is allowed
        assert bool(seen.claims) is allowed, f"claims with {visibility} to {name}"
        assert seen.is_empty is not allowed


def test_fields_are_decided_one_by_one(company: Company) -> None:
    """Opening one field opens no other."""
    fill(company, Visibility.ME)
    for opened in Field:
        with company.database.begin() as tx:
            before = Profile(company["anna"])
            whole = replace(
                own(tx, company), visibility={**dict.fromkeys(Field, Visibility.ME), opened: Visibility.COMPANY}
            )
            assert before.visibility == DEFAULTS
            save_whole(tx, whole, version=None, now=NOW)
        seen = look(company, company["other"], company["anna"])
        assert {each for each, shows in SHOWS.items() if shows(seen)} == {opened}


def own(tx: Tx, company: Company) -> Profile:
    """Return Anna's profile whole."""
    return own_profile(tx, company["anna"])


@pytest.mark.parametrize("asker", ["stranger", "left"])
def test_who_does_not_work_here_sees_nobody(company: Company, asker: str) -> None:
    """Somebody outside of the directory, or who left, is refused; lists are empty to them."""
    fill(company, Visibility.COMPANY)
    with company.database.read() as tx:
        with pytest.raises(Forbidden):
            visible_profile(tx, company[asker], company["anna"])
        assert visible_profiles(tx, company[asker], [company["anna"], company["boss"]]) == {}


@pytest.mark.parametrize("person", ["stranger", "left"])
def test_who_does_not_work_here_is_not_seen(company: Company, person: str) -> None:
    """Somebody who left, or never was here, has no page."""
    with company.database.read() as tx, pytest.raises(NotFound):
        visible_profile(tx, company["anna"], company[person])


def test_who_left_still_has_everything_of_theirs(company: Company) -> None:
    """What is one's own stays readable to oneself after leaving, and to nobody else."""
    fill(company, Visibility.COMPANY)
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.employee set active = false where user_name = 'anna'"))
    with company.database.read() as tx:
        assert own_whole(tx, company["anna"]).claims
        assert visible_profiles(tx, company["boss"], [company["anna"]]) == {}


def test_proposals_show_to_nobody(company: Company) -> None:
    """A proposed or declined skill is in no visible profile, not even in one's own."""
    fill(company, Visibility.COMPANY)
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.profile_skill set state = 'proposed', evidence = 'x'"))
    for name in RELATIONS:
        seen = look(company, company[name], company["anna"])
        assert seen.skills == () == seen.wants


def test_evidence_of_a_skill_is_its_persons_alone(company: Company) -> None:
    """The words a skill was read from may stand in a hidden field, so they show to nobody else."""
    fill(company, Visibility.COMPANY)
    with company.database.begin() as tx:
        tx.execute(
            text("update marketplace.profile_skill set evidence = 'secret words', source = 'about', score = 0.9")
        )
    assert look(company, company["anna"], company["anna"]).skills[0].evidence == "secret words"
    others = look(company, company["boss"], company["anna"]).skills[0]
    assert (others.evidence, others.source, others.score) == (None, "own", None)


def test_a_kind_that_is_not_open_does_not_show(company: Company) -> None:
    """Kinds somebody is open to, targets and claims' opportunities of a kind show only where it is open."""
    fill(company, Visibility.COMPANY)
    opportunity = new_id()
    with company.database.begin() as tx:
        tx.execute(
            text(
                "insert into marketplace.opportunity (opportunity_id, kind, title, owner_id, state, opens_at,"
                " created_at, changed_at)"
                " values (:id, 'project', 'SECRET PROJECT', :owner, 'open', :now, :now, :now)"
            ),
            {"id": opportunity, "owner": company["boss"], "now": NOW},
        )
        target = Target(TargetKind.OPPORTUNITY, "SECRET PROJECT", opportunity_id=opportunity)
        save_whole(tx, replace(own(tx, company), target=target), version=None, now=NOW)
        tx.execute(text("update marketplace.claim set opportunity_id = :id"), {"id": opportunity})
    seen = look(company, company["mate"], company["anna"])
    assert (seen.open_to, seen.target, seen.claims[0].opportunity_id) == (
        frozenset({Kind.PROJECT}),
        target,
        opportunity,
    )
    company.open_to_all("job")
    for name in ("mate", "anna"):
        seen = look(company, company[name], company["anna"])
        assert (seen.open_to, seen.target, seen.claims[0].opportunity_id) == (frozenset(), None, None)


def test_a_circle_of_managers_ends(company: Company) -> None:
    """A directory that was forced into a circle neither hangs nor opens anything."""
    fill(company, Visibility.TEAM)
    with company.database.begin() as tx:
        tx.execute(
            text("update marketplace.employee set manager_id = :anna where user_name = 'top'"),
            {"anna": company["anna"]},
        )
    assert look(company, company["other"], company["anna"]).is_empty
    assert look(company, company["boss"], company["anna"]).relation is Relation.MANAGER


def test_two_without_a_manager_are_no_team(company: Company) -> None:
    """Having no manager in common with somebody who has none either makes no team."""
    with company.database.read() as tx:
        assert visible_profile(tx, company["other"], company["top"]).relation is Relation.OTHER


def test_pages_and_api_show_what_the_rule_allows(company: Company, browsers: Browsers) -> None:
    """The page and the API of a person show hidden words to nobody who may not see them."""
    fill(company, Visibility.TEAM)
    secrets = ("HEADLINE", "ABOUT", "STRENGTH", "INTEREST", "AIMS", "TARGET", "HAS", "WANTS", "CLAIM-team")
    for name in RELATIONS:
        page = browsers[name].read(f"/people/{company['anna']}")
        answer = browsers[name].client.get(f"/marketplace/v1/people/{company['anna']}")
        assert answer.status_code == 200
        for secret in secrets:
            allowed = name != "other"
            assert (secret in page) is allowed, f"{secret} on the page to {name}"
            assert (f'"{secret}"' in answer.text) is allowed, f"{secret} by the API to {name}"
    for name in ("stranger", "left"):
        assert browsers[name].get(f"/people/{company['anna']}").status_code == 403
        assert browsers[name].client.get(f"/marketplace/v1/people/{company['anna']}").status_code == 403


def test_preview_of_oneself(company: Company, browsers: Browsers) -> None:
    """One sees oneself as a colleague or the team does; nobody else can choose how they look."""
    fill(company, Visibility.TEAM)
    page = f"/people/{company['anna']}"
    assert "HEADLINE" not in browsers["anna"].read(f"{page}?as=colleague")
    assert "HEADLINE" in browsers["anna"].read(f"{page}?as=team")
    assert "HEADLINE" in browsers["anna"].read(page)
    assert "HEADLINE" not in browsers["other"].read(f"{page}?as=team")
