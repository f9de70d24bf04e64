"""What gets seen: the page, the API and the files of programme leads; small numbers are not told."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text
from tests.kernel.today.people import Somebody

from bandmate.kernel.clock import system_clock
from bandmate.kernel.identity.access import Role
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.matching.exposure_figures import seen

from .world import World

_TAG = re.compile(r"<[^>]*>")
NOW = system_clock()
"""The application in these tests runs by the real clock; what is shown here was shown yesterday."""


def words(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def show(world: World, people: list[PersonId], opportunity: OpportunityId, *, days_ago: int = 1) -> None:
    """Note that people were shown something."""
    rows = [{"p": each, "o": opportunity, "day": (NOW - timedelta(days=days_ago)).date()} for each in people]
    with world.database.begin() as tx:
        statement = text(
            "insert into marketplace.shown values (:p, :o, :day, 'for_you', 1) on conflict do nothing"
        )
        tx.execute(statement, rows)


def apply(world: World, person: PersonId, opportunity: OpportunityId, state: str = "applied") -> None:
    """Note that somebody applied now."""
    values = {"id": new_id(), "o": opportunity, "p": person, "state": state, "now": NOW}
    with world.database.begin() as tx:
        tx.execute(
            text("""
                insert into marketplace.application (application_id, opportunity_id, person_id, state, words,
                                                     version, created_at, changed_at)
                values (:id, :o, :p, :state, '', 1, :now, :now)
            """),
            values,
        )
        tx.execute(
            text("""
                insert into marketplace.application_step (application_id, position, state, words, at)
                values (:id, 1, :state, '', :now)
            """),
            values,
        )


def a_company(world: World) -> tuple[list[PersonId], dict[str, OpportunityId]]:
    """Return forty people, and opportunities shown to many, few and nobody."""
    people = [world.person(f"P{number}") for number in range(40)]
    made = {
        "loved": world.opportunity("=Loved <b>", wanted=["Python"], seats=2),
        "liked": world.opportunity("Liked", wanted=["Python"], kind="mentoring"),
        "rare": world.opportunity("Rare", wanted=["Python"], kind="mentoring"),
        "mute": world.opportunity("Mute"),
        "fine": world.opportunity("Fine", wanted=["Baking"]),
    }
    show(world, people, made["loved"])
    show(world, people[:15], made["liked"], days_ago=20)
    show(world, people[:4], made["rare"])
    return people, made


def lead(world: World) -> Somebody:
    """Return a programme lead, signed in."""
    made = world.somebody("Lea Lead")
    with world.database.begin() as tx:
        tx.execute(
            text(
                "insert into marketplace.programme_lead (person_id, granted_by, granted_at) values (:p, :p, :at)"
            ),
            {"p": made.person_id, "at": NOW},
        )
    return made


def test_figures_say_how_even_and_what_came_of_it(world: World) -> None:
    """Coverage, unevenness, the crowded and the never shown, applications after a showing; periods differ."""
    people, made = a_company(world)
    for person in people[:12]:
        apply(world, person, made["loved"])
    with world.database.read() as tx:
        found, week = seen(tx, None, days=30, now=NOW), seen(tx, None, days=7, now=NOW)
    whole = found.everything
    assert (whole.evenness.opportunities, whole.evenness.shown) == (5, 3)
    assert (whole.funnel.people, whole.funnel.shown, whole.funnel.applications) == (40, 59, 12)
    assert sum(found.tenths) == pytest.approx(1)
    assert found.tenths[0] == pytest.approx(max(found.tenths))
    assert [each.opportunity_id for each in found.crowded] == [made["loved"], made["liked"]]
    assert {each.opportunity_id for each in found.unseen} == {made["mute"], made["fine"]}
    projects = next(each for each in found.kinds if each.kind is Kind.PROJECT)
    assert projects.funnel.rate == 12 / 40
    assert projects.funnel.interval is not None
    assert (week.everything.funnel.shown, week.everything.evenness.shown) == (None, 2)


def test_small_numbers_are_not_told(world: World) -> None:
    """Fewer than ten people are told nowhere, nor can a total give them away; nobody is told as nobody."""
    people, made = a_company(world)
    apply(world, people[0], made["loved"])
    apply(world, people[1], made["liked"], "interested")
    with world.database.read() as tx:
        found = seen(tx, None, days=30, now=NOW)
    by_kind = {each.kind: each.funnel for each in found.kinds}
    assert by_kind[Kind.PROJECT].applications is None
    assert by_kind[Kind.MENTORING].applications == 0
    assert found.everything.funnel.applications is None
    assert made["rare"] not in {each.opportunity_id for each in found.crowded}


def test_who_applied_before_it_was_shown_does_not_count(world: World) -> None:
    """An application counts where it came on the day of the first showing or later."""
    people, made = a_company(world)
    for person in people[:15]:
        apply(world, person, made["loved"])
    with world.database.begin() as tx:
        tx.execute(text("update marketplace.application_step set at = at - interval '5 days'"))
        found = seen(tx, None, days=30, now=NOW)
    assert next(each for each in found.kinds if each.kind is Kind.PROJECT).funnel.applications == 0


def test_leads_read_the_page(site_world: World) -> None:
    """Figures in words, a curve with its table, both lists with hints; what is data stays data."""
    a_company(site_world)
    asker = lead(site_world)
    page = asker.get("/exposure")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    said = words(page.text)
    assert "The lists of 40 people showed 3 of 5 opportunities." in said
    assert "<polygon" in page.text
    assert "The least shown tenth" in said
    assert "It names no skill." in said
    assert "another mentor with the same topics" in said
    assert "=Loved <b>" in said
    assert "<b>" not in page.text
    assert asker.get("/exposure?days=12").status_code == 200
    assert asker.get("/exposure?days=x").status_code == 422


def test_others_find_nothing(site_world: World) -> None:
    """To everybody but leads and administrators there is no such page, file or answer."""
    member = site_world.somebody("Mia Member")
    operator = site_world.somebody("Olga", role=Role.OPERATOR)
    administrator = site_world.somebody("Ada", role=Role.ADMINISTRATOR)
    for path in ("/exposure", "/exposure/export", "/marketplace/v1/exposure"):
        assert member.get(path).status_code == 404
        assert operator.get(path).status_code == 404
        assert administrator.get(path).status_code == 200


def test_nothing_shown_yet(site_world: World) -> None:
    """A company where nobody opened a list gets a sentence instead of a curve."""
    page = lead(site_world).get("/exposure")
    assert "Nobody opened their list in these days" in words(page.text)
    assert "<polygon" not in page.text


def test_files_hold_every_opportunity(site_world: World) -> None:
    """CSV and NDJSON have a row each; small numbers are blank, and no cell is a formula."""
    _people, made = a_company(site_world)
    asker = lead(site_world)
    answer = asker.get("/exposure/export?format=csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = {row["opportunity_id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert len(rows) == 5
    assert rows[str(made["loved"])]["people"] == "40"
    assert rows[str(made["loved"])]["title"] == "'=Loved <b>"
    assert (rows[str(made["rare"])]["people"], rows[str(made["rare"])]["fewer_than_10"]) == ("", "yes")
    lines = [orjson.loads(line) for line in asker.get("/exposure/export?format=ndjson").text.splitlines()]
    assert {line["opportunity_id"] for line in lines} == set(rows)


def test_the_api_answers_the_same(site_world: World) -> None:
    """The figures of the page as JSON, with the hints; only the periods there are."""
    _people, made = a_company(site_world)
    asker = lead(site_world)
    told = asker.get("/marketplace/v1/exposure?days=90").json()
    assert told["everything"]["people"] == 40
    assert told["unseen_count"] == 2
    assert [each["opportunity_id"] for each in told["crowded"]] == [str(made["loved"]), str(made["liked"])]
    assert all(each["hint"] for each in told["unseen"])
    assert asker.get("/marketplace/v1/exposure?days=8").status_code == 422


def test_pages_of_kinds_that_are_not_open_are_not_linked(site_world: World) -> None:
    """A kind that is off is named to leads, without a link that would lead nowhere, and with the hint why."""
    _people, made = a_company(site_world)
    site_world.launch("project")
    page = lead(site_world).get("/exposure").text
    assert f"/opportunities/{made['liked']}" not in page
    assert f"/opportunities/{made['fine']}" in page
