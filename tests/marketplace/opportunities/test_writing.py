"""Writing an opportunity: drafts, what must be said, versions, and who may do it."""

from __future__ import annotations

import html
import re

import pytest
from tests.marketplace.opportunities.world import Member, World

from bandmate.kernel.identity.access import Role
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import slots
from bandmate.marketplace.opportunities.slots import Place, Slot

PROJECT = {
    "kind": "project",
    "title": "Tape archive",
    "summary": "We save old tapes.",
    "description": "Line one\r\nLine <script>alert(1)</script>",
    "wanted": "Audio restoration, Zzgrmpf",
    "learn": "patience",
    "seats": "2",
    "hours_per_week": "2,5",
    "key": "k",
}
NEW = "/opportunities/new?kind=project"


def draft(host: Member, **changes: str) -> str:
    """Keep a draft and return its address."""
    answer = host.send(NEW, "/opportunities", **{**PROJECT, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


class TestTheWayToOthers:
    def test_draft_preview_publish_close_and_again(self, world: World) -> None:
        """A draft is its owner's alone; published, it is found; closed, it can still be read and opened again."""
        host, other = world.member("Hana"), world.member("Otis")
        here = draft(host)
        assert other.get(here).status_code == 404
        assert "Only you see it" in host.read(here)
        assert "&lt;script&gt;" in host.read(here)
        answer = host.send(here, f"{here}/publish", version="1")
        assert answer.status_code == 303
        shown = other.read(here)
        assert "Tape archive" in shown
        assert "2.5 h a week" in shown
        assert "2 of 2 seats free" in shown
        assert "Tape archive" in other.read("/opportunities?q=zzgrmpf")
        host.send(here, f"{here}/close", version="2")
        assert "Closed" in other.read(here)
        assert "Tape archive" not in other.read("/opportunities")
        assert "Open again" in host.read(here)

    def test_form_sent_twice_is_one_draft(self, world: World) -> None:
        """The key of a form makes a second click harmless."""
        host = world.member("Hana")
        assert draft(host) == draft(host)
        assert host.read("/me/opportunities").count("Tape archive") == 1

    def test_publishing_says_what_is_missing_beside_its_field(self, world: World) -> None:
        """What a draft may lack, others need."""
        host = world.member("Hana")
        here = draft(host, summary="", wanted="", hours_per_week="")
        answer = host.send(here, f"{here}/publish", version="1")
        missing = html.unescape(host.client.get(answer.headers["location"], headers={"Accept": "text/html"}).text)
        for words in ("it stands in every list", "at least one skill", "how many hours a week"):
            assert words in missing

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("title", "", "Give it a title"),
            ("seats", "many", "whole number"),
            ("seats", "0", "seats from 1"),
            ("hours_per_week", "1e9", "as a number"),
            ("hours_per_week", "70", "up to 60"),
            ("starts_on", "tomorrow", "2026-11-30"),
            ("country", "Sweden", "two letters"),
            ("work_model", "moon", "those offered"),
            ("title", "x" * 121, "120 are enough"),
        ],
    )
    def test_what_cannot_be_kept_comes_back_as_it_was_typed(
        self, world: World, field: str, typed: str, words: str
    ) -> None:
        """A wrong field is named, and nothing else that was typed is lost."""
        host = world.member("Hana")
        answer = host.send(NEW, "/opportunities", **{**PROJECT, field: typed})
        assert answer.status_code == 422
        shown = html.unescape(answer.text)
        assert words in shown
        assert "Zzgrmpf" in shown
        assert f'href="#field-{field}"' in shown

    def test_reading_skills_from_the_text_proposes_and_keeps_what_was_typed(self, world: World) -> None:
        """Proposals are ticked one by one; nothing is saved by asking for them."""
        host = world.member("Hana")
        answer = host.send(NEW, "/opportunities", **{**PROJECT, "act": "read"}, take_wanted=["Cutting tape"])
        assert answer.status_code == 200
        assert "Read from your text" in answer.text
        assert 'name="take_wanted" value="Tape editing"' in answer.text
        assert "Audio restoration, Zzgrmpf, Cutting tape" in html.unescape(answer.text)
        assert "Tape archive" not in host.read("/me/opportunities")
        added = host.send(NEW, "/opportunities", **{**PROJECT, "act": "add", "take_wanted": "Splicing"})
        assert "Zzgrmpf, Splicing" in html.unescape(added.text)
        assert "Read from your text" not in added.text


class TestVersions:
    def test_conflict_keeps_what_was_typed_and_shows_the_other_version(self, world: World) -> None:
        """Two windows: the second sees both versions, and its next save holds."""
        host = world.member("Hana")
        here = draft(host)
        change = {name: value for name, value in PROJECT.items() if name != "key"}
        assert (
            host.send(f"{here}/edit", f"{here}/edit", **change | {"title": "One", "version": "1"}).status_code
            == 303
        )
        answer = host.send(f"{here}/edit", f"{here}/edit", **change | {"title": "Two", "version": "1"})
        assert answer.status_code == 409
        shown = html.unescape(answer.text)
        assert 'value="Two"' in shown
        assert "Kept now:" in shown
        assert "One" in shown
        present = re.search(r'name="version" value="(\d+)"', shown)
        assert present is not None
        again = host.send(f"{here}/edit", f"{here}/edit", **change | {"title": "Two", "version": present[1]})
        assert again.status_code == 303
        assert "Two" in host.read(here)

    def test_api_asks_for_the_version_it_gave(self, world: World) -> None:
        """ETag and If-Match go round; an old one is a conflict."""
        host = world.member("Hana", key=True)
        body = {"kind": "project", "title": "By API", "wanted": ["mixing"], "hours_per_week": 3}
        made = host.ask("/opportunities", "POST", body, Idempotency_Key="a")
        assert made.status_code == 201, made.text
        again = host.ask("/opportunities", "POST", body, Idempotency_Key="a")
        assert again.json() == made.json()
        here = f"/opportunities/{made.json()['data']['opportunity_id']}"
        assert host.ask(here).headers["ETag"] == '"1"'
        assert host.ask(f"{here}/publish", "POST", If_Match='"1"').status_code == 422, "it has no summary"
        changed = host.ask(here, "PUT", body | {"summary": "Now."}, If_Match='"1"')
        assert changed.headers["ETag"] == '"2"'
        assert host.ask(here, "PUT", body, If_Match='"1"').status_code == 409
        published = host.ask(f"{here}/publish", "POST", If_Match='"2"')
        assert published.json()["data"]["state"] == "open"
        assert host.ask("/opportunities?q=api").json()["meta"]["total"] == 1
        assert [each["title"] for each in host.ask("/opportunities/mine").json()["data"]] == ["By API"]


class TestWho:
    def test_only_its_owner_changes_it(self, world: World) -> None:
        """Others cannot change, publish or close, not even an administrator."""
        host = world.member("Hana")
        here = f"/opportunities/{world.offer(host, 'Mine')}"
        for stranger in (world.member("Otis"), world.member("Ada", role=Role.ADMINISTRATOR)):
            assert stranger.get(f"{here}/edit").status_code == 404
            assert stranger.client.post(f"{here}/close").status_code == 403
            assert stranger.client.post(f"{here}/publish").status_code == 403
            assert stranger.client.post(f"{here}/edit", data={"title": "Yours"}).status_code == 404

    def test_jobs_are_offered_by_managers_and_operators(self, world: World) -> None:
        """An employee without reports is not offered the form, and cannot send it."""
        boss = world.member("Boss")
        report = world.member("Rei", manager=boss)
        operator = world.member("Opal", role=Role.OPERATOR)
        for member, status in ((boss, 200), (report, 404), (operator, 200)):
            assert member.get("/opportunities/new?kind=job").status_code == status
        sent = report.client.post("/opportunities", data={"kind": "job", "title": "x"})
        assert sent.status_code == 404

    def test_who_is_no_employee_is_told_who_can_help(self, world: World) -> None:
        """An account without an entry in the directory sees nothing of the marketplace."""
        guest = world.member("Gus", employed=False)
        for path in (
            "/opportunities",
            "/me/opportunities",
            "/mentoring",
            "/opportunities/saved",
            "/opportunities/new",
        ):
            answer = guest.get(path)
            assert answer.status_code == 403
            assert "people team" in answer.text
        problem = guest.ask("/opportunities")
        assert problem.status_code == 403
        assert problem.json()["type"].endswith("not-an-employee")


class TestSlots:
    def test_other_rooms_fill_places_and_a_failing_one_is_left_out(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a room returns is rendered; an error in one takes nothing else down."""

        def broken(*_: object) -> Slot | None:
            raise RuntimeError("boom")

        declared = {Place.FIT: {"a": broken, "b": lambda *_: Slot("marketplace_opportunities/parts.html")}}
        monkeypatch.setattr(slots, "_declared", {place: declared.get(place, {}) for place in Place})
        host, other = world.member("Hana"), world.member("Otis")
        here = world.offer(host, "Mine", kind=Kind.PROJECT)
        assert "Mine" in other.read(f"/opportunities/{here}")
