"""Launches: who governs them, what they recommend, and that what is not open shows nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.kernel.finding import find_everywhere
from bandmate.kernel.identity.access import Role
from bandmate.kernel.today.cards import cards_for
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import is_programme_lead, visible_kinds, visible_kinds_of
from bandmate.marketplace.launches.domain import LaunchState, Readiness, advice
from bandmate.marketplace.launches.governing import appoint_lead
from bandmate.marketplace.launches.queries import history, readiness
from bandmate.marketplace.opportunities.alerting import send_due
from bandmate.marketplace.opportunities.saved_searches import Alerts, keep, search_id_under
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery

SECRET = {Kind.JOB: "Zebrajob", Kind.PROJECT: "Zebraproject", Kind.MENTORING: "Zebramentoring"}


def offered(world: World, boss: Member) -> dict[Kind, str]:
    """Have one of each kind offered, as if all were open."""
    for kind in Kind:
        world.launch(kind)
    return {kind: f"/opportunities/{world.offer(boss, SECRET[kind], kind=kind)}" for kind in Kind}


def everywhere(world: World, member: Member) -> Iterator[tuple[str, str]]:
    """Yield everything the room shows a member without naming one opportunity."""
    for path in (
        "/opportunities",
        "/opportunities?q=zebra",
        "/opportunities/saved",
        "/me/opportunities",
        "/today",
    ):
        yield path, member.read(path)
    for path in ("/opportunities", "/opportunities?order=for_you", "/opportunities/mine", "/saved-searches"):
        yield path, member.ask(path).text
    with world.database.read() as tx:
        yield "everywhere", str(find_everywhere(tx, member.asker, "zebra", limit=10))
        yield "cards", str(cards_for(tx, member.asker, NOON))


class TestVisibility:
    @pytest.mark.parametrize(
        ("hidden", "state"),
        [(Kind.JOB, "pilot"), (Kind.PROJECT, "off"), (Kind.MENTORING, "pilot"), (Kind.MENTORING, "off")],
    )
    def test_what_is_not_open_shows_nowhere(self, world: World, hidden: Kind, state: str) -> None:
        """Pages, API, counts, facets, search everywhere, Today and direct links know nothing of the kind."""
        boss = world.member("Boss")
        outsider = world.member("Otis", manager=boss, role=Role.ADMINISTRATOR)
        pilot = world.group("pilot", boss)
        links = offered(world, boss)
        world.launch(hidden, state, pilot)
        for where, shown in everywhere(world, outsider):
            assert SECRET[hidden] not in shown, where
            assert f"kind={hidden}" not in shown, where
        found = outsider.ask("/opportunities").json()
        assert found["meta"]["total"] == 2
        assert hidden not in found["facets"]["kind"]
        assert outsider.get(links[hidden]).status_code == 404
        assert outsider.ask(links[hidden]).status_code == 404
        assert outsider.get(f"/opportunities/new?kind={hidden}").status_code == 404
        assert outsider.client.post("/opportunities", data={"kind": hidden, "title": "x"}).status_code == 404
        assert outsider.ask("/opportunities", "POST", {"kind": hidden, "title": "x"}).status_code in {404, 422}
        if hidden is Kind.MENTORING:
            assert outsider.get("/mentoring").status_code == 404
            assert outsider.ask("/wishes", "POST", {"topics": ["x"]}).status_code == 404
            assert outsider.ask("/wishes").json()["data"] == []
        expected = 200 if state == "pilot" else 404
        assert boss.get(links[hidden]).status_code == expected, "who is in the pilot sees it"
        assert (SECRET[hidden] in boss.read("/opportunities")) is (state == "pilot")
        assert (SECRET[hidden] in boss.read("/me/opportunities")) is (state == "pilot")

    def test_alerts_tell_nothing_of_it(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A search that was saved while the kind was open is silent once it is not."""
        boss = world.member("Boss")
        reader = world.member("Rei", manager=boss)
        with world.database.begin() as tx:
            keep(
                tx,
                reader.person_id,
                search_id_under(reader.person_id, "k"),
                name="All",
                query=OpportunityQuery(),
                alerts=Alerts.DAILY,
                now=NOON - timedelta(days=2),
            )
        monkeypatch.setattr(
            "bandmate.marketplace.opportunities.alerting.allowing", lambda _tx, persons, _now: frozenset(persons)
        )
        offered(world, boss)
        world.launch(Kind.PROJECT, "off")
        with world.database.begin() as tx:
            assert send_due(tx, now=NOON + timedelta(hours=1)) == 1
            told = tx.execute(text("select data from kernel.event where type = 'marketplace.message.requested'"))
            (data,) = told.scalars()
        assert SECRET[Kind.PROJECT] not in str(data)
        assert SECRET[Kind.MENTORING] in str(data)
        with world.database.begin() as tx:
            assert send_due(tx, now=NOON + timedelta(hours=1)) == 0, "told once"

    def test_who_left_sees_nothing(self, world: World) -> None:
        """Nothing is open to a person who is no active employee, or no employee at all."""
        left, guest = world.member("Lea"), world.member("Gus", employed=False)
        with world.database.begin() as tx:
            tx.execute(
                text("update marketplace.employee set active = false where person_id = :p"), {"p": left.person_id}
            )
            assert visible_kinds(tx, left.person_id) == frozenset()
            assert visible_kinds_of(tx, [guest.person_id, left.person_id]) == {
                guest.person_id: frozenset(),
                left.person_id: frozenset(),
            }
            assert visible_kinds(tx, None) == frozenset()


class TestGoverning:
    def test_change_is_noted_with_its_reason_and_can_be_undone(self, bare: World) -> None:
        """Off to pilot to off: the trail and the history tell of both."""
        admin = bare.member("Ada", role=Role.ADMINISTRATOR)
        pilot = bare.group("Drummers", admin)
        form: dict[str, str | list[str]] = {"groups": [str(pilot)], "reason": "They asked for it"}
        answer = admin.send("/launches/mentoring", "/launches/mentoring", state="pilot", **form, version="1")
        assert answer.status_code == 303, answer.text
        with bare.database.read() as tx:
            assert visible_kinds(tx, admin.person_id) == {Kind.MENTORING}
            (change,) = history(tx, Kind.MENTORING)
            actions = tx.execute(text("select action, subject from kernel.audit_entry")).all()
            assert ("marketplace.launch.changed", "mentoring") in [tuple(row) for row in actions]
        assert "They asked for it" in admin.read("/launches/mentoring")
        undone = admin.send("/launches/mentoring", f"/launches/mentoring/undo/{change.change_id}")
        assert undone.status_code == 303
        with bare.database.read() as tx:
            assert visible_kinds(tx, admin.person_id) == frozenset()
        again = admin.client.post(f"/launches/mentoring/undo/{change.change_id}", headers={"Accept": "text/html"})
        assert again.status_code == 409, "only the last change"

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"state": "on", "reason": " "}, "Give the reason"),
            ({"state": "pilot", "reason": "x"}, "at least one group"),
            ({"state": "maybe", "reason": "x"}, "off, pilot or on"),
            ({"state": "on", "reason": "x", "internal_first_days": "5"}, "Only jobs"),
            ({"state": "on", "reason": "x", "internal_first_days": "-5"}, "whole number"),
            ({"state": "pilot", "reason": "x", "groups": ["nonsense"]}, "choice is gone"),
        ],
    )
    def test_what_cannot_be_comes_back(self, bare: World, fields: dict[str, str], words: str) -> None:
        """A form that cannot be used says why; nothing changed."""
        admin = bare.member("Ada", role=Role.ADMINISTRATOR)
        answer = admin.send("/launches/project", "/launches/project", **fields, version="1")
        assert answer.status_code == 422
        assert words in answer.text

    def test_two_administrators_do_not_overwrite_each_other(self, bare: World) -> None:
        """A version that is not the present one is a conflict, on the page and in the API."""
        admin = bare.member("Ada", role=Role.ADMINISTRATOR)
        assert admin.send("/launches/job", "/launches/job", state="on", reason="x", version="7").status_code == 409
        wanted = {"state": "on", "reason": "x"}
        assert admin.ask("/launches/job", "PUT", wanted, If_Match='"7"').status_code == 409
        assert admin.ask("/launches/job", "PUT", wanted, If_Match='"1"').json()["data"][0]["state"] == "on"

    def test_leads_are_appointed_released_and_brought_back(self, bare: World) -> None:
        """By e-mail address; an unknown one is refused; each step is audited."""
        admin, lead = bare.member("Ada", role=Role.ADMINISTRATOR), bare.member("Lena")
        page = "/launches"
        sent = admin.send(page, "/launches/programme/leads", lead=" LENA@band.example ")
        assert sent.status_code == 303, sent.text
        with bare.database.read() as tx:
            assert is_programme_lead(tx, lead.asker)
            assert is_programme_lead(tx, admin.asker)
        assert "Lena" in admin.read(page)
        admin.send(page, f"/launches/programme/leads/{lead.person_id}/release")
        with bare.database.read() as tx:
            assert not is_programme_lead(tx, lead.asker)
        wrong = admin.send(page, "/launches/programme/leads", lead="nobody@x.example")
        assert (wrong.status_code, 'value="nobody@x.example"' in wrong.text) == (422, True)
        assert 'href="#field-lead"' in wrong.text, "the page comes back, with what to mend"

    def test_who_left_leads_no_more(self, bare: World) -> None:
        """A programme lead who left may sign in for what is their own, and sees no round any more."""
        chief, lea = bare.member("Chief", role=Role.ADMINISTRATOR), bare.member("Lea")
        with bare.database.begin() as tx:
            appoint_lead(tx, chief.person_id, "lea@band.example", now=NOON)
        assert lea.get("/rounds").status_code == 200
        with bare.database.begin() as tx:
            gone = text("update marketplace.employee set active = false where person_id = :person")
            tx.execute(gone, {"person": lea.person_id})
        assert lea.get("/rounds").status_code == 404
        assert lea.ask("/rounds").status_code == 404

    def test_only_administrators_come_in(self, bare: World) -> None:
        """Operators and members are refused."""
        for role in (Role.MEMBER, Role.OPERATOR):
            member = bare.member(role.title(), role=role)
            assert member.get("/launches").status_code == 403
            assert member.ask("/launches").status_code == 403


class TestReadiness:
    def test_figures_count_each_person_once(self, world: World) -> None:
        """Visits, wishes, searches, seats and demand, as their definitions say."""
        boss, mei = world.member("Boss"), world.member("Mei")
        world.member("Gus", employed=False)
        world.offer(boss, "Hour", kind=Kind.MENTORING, seats=3)
        mei.read("/mentoring")
        mei.read("/mentoring")
        mei.ask("/wishes", "POST", {"topics": ["x"]})
        mei.ask("/saved-searches", "POST", {"name": "m", "query": "kind=mentoring"})
        with world.database.read() as tx:
            figures = readiness(tx, now=NOON)[Kind.MENTORING]
        assert figures == Readiness(employees=2, aware=1, interested=1, offers=1, providers=1, seats=3, demand=1)
        admin = world.member("Ada", role=Role.ADMINISTRATOR)
        assert "33 %" in admin.read("/launches")

    def test_recommendation_names_the_first_hindrance(self) -> None:
        """Too few mentors for many wishes: find more before you open."""
        few = Readiness(employees=200, aware=190, interested=140, offers=12, providers=12, seats=20, demand=140)
        assert advice(Kind.MENTORING, LaunchState.PILOT, few).sentence == (
            "12 mentors for 140 wishes: find more mentors before you open."
        )
        none = Readiness(0, 0, 0, 0, 0, 0, 0)
        for kind in Kind:
            for state in LaunchState:
                assert not advice(kind, state, none).good
        ready = Readiness(employees=100, aware=60, interested=30, offers=20, providers=20, seats=40, demand=10)
        assert advice(Kind.MENTORING, LaunchState.PILOT, ready).good
