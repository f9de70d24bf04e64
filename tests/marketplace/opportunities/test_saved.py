"""Searches that somebody keeps, their alerts, what is held of persons, and seats."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.kernel.consent import Through, grant
from bandmate.kernel.finding import find_everywhere
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.export import export_person
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.alerting import send_due
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.opportunities.saved_searches import EMAIL, MOST_SEARCHES, OPPORTUNITY_ALERTS
from bandmate.marketplace.opportunities.seats import settle_seats

NEW = "/opportunities/saved/new?kind=project&q=tape"


def allow(world: World, member: Member) -> None:
    """Have somebody allow alerts."""
    with world.database.begin() as tx:
        shown = OPPORTUNITY_ALERTS.shown(to=member.person_id, through=Through.PAGE)
        grant(tx, member.person_id, OPPORTUNITY_ALERTS.name, EMAIL, evidence=shown, at=NOON - timedelta(days=30))


def messages(world: World, at: datetime) -> list[dict[str, object]]:
    """Let the alerts that are due go out; return what was ever told."""
    with world.database.begin() as tx:
        send_due(tx, now=at)
        rows = tx.execute(
            text("""
                select data from kernel.event where type = 'marketplace.message.requested' order by xid, position
            """)
        )
        return [row.data["variables"] for row in rows]


class TestKeeping:
    def test_search_is_kept_with_consent_and_run(self, world: World) -> None:
        """An alert needs its consent on the same form; the search runs as it was."""
        reader = world.member("Rei")
        form = {"name": "Tapes", "query": "q=tape&kind=project", "alerts": "daily", "key": "k"}
        refused = reader.send(NEW, "/opportunities/saved", **form)
        assert refused.status_code == 422
        assert "Allow us to write to you" in refused.text
        for _ in range(2):
            assert reader.send(NEW, "/opportunities/saved", **form, allow="1").status_code == 303
        page = reader.read("/opportunities/saved")
        assert page.count(">Tapes<") == 1
        (kept,) = reader.ask("/saved-searches").json()["data"]
        here = f"/opportunities/saved/{kept['search_id']}"
        run = reader.send("/opportunities/saved", f"{here}/run")
        assert run.headers["location"] == "/opportunities?q=tape&kind=project&order=newest"
        assert reader.send(f"{here}/edit", f"{here}/edit", name="Reels", alerts="never").status_code == 303
        assert "Reels" in reader.read("/opportunities/saved")
        other = world.member("Otis")
        assert other.get(f"{here}/edit").status_code == 404
        assert other.client.post(f"{here}/delete").status_code == 404
        assert reader.send("/opportunities/saved", f"{here}/delete").status_code == 303
        assert reader.ask("/saved-searches").json()["data"] == []

    def test_api_refuses_what_it_cannot_keep(self, world: World) -> None:
        """An alert without consent, a broken query, too many."""
        reader = world.member("Rei")
        assert (
            reader.ask("/saved-searches", "POST", {"name": "x", "query": "", "alerts": "daily"}).status_code == 422
        )
        assert reader.ask("/saved-searches", "POST", {"name": "x", "query": "kind=war"}).status_code == 422
        with world.database.begin() as tx:
            tx.execute(
                text("""
                    insert into marketplace.opportunity_search
                           (search_id, person_id, name, query, seen_at, created_at, changed_at)
                    select gen_random_uuid(), :person, 'x', '', now(), now(), now() from generate_series(1, :most)
                """),
                {"person": reader.person_id, "most": MOST_SEARCHES},
            )
        assert reader.ask("/saved-searches", "POST", {"name": "x", "query": ""}).status_code == 409


class TestAlerts:
    def test_each_opportunity_is_told_once_and_only_what_fits(self, world: World) -> None:
        """What could be found before the search was saved is no news; what came later is told once."""
        host, reader = world.member("Hana"), world.member("Rei")
        allow(world, reader)
        world.offer(host, "Old tape")
        body = {"name": "Tapes", "query": "q=tape", "alerts": "daily"}
        assert reader.ask("/saved-searches", "POST", body).status_code == 201
        for title, hours in (("New tape", 1), ("New drum", 1)):
            made = world.offer(host, title)
            with world.database.begin() as tx:
                tx.execute(
                    text("update marketplace.opportunity set listed_at = :at where opportunity_id = :id"),
                    {"at": NOON + timedelta(hours=hours), "id": made},
                )
        assert messages(world, NOON + timedelta(hours=22)) == [], "a day has not passed"
        (message,) = messages(world, NOON + timedelta(hours=24))
        assert [item["title"] for item in message["items"]] == ["New tape"]  # type: ignore[attr-defined]
        assert message["total"] == 1
        assert len(messages(world, NOON + timedelta(hours=24))) == 1
        assert len(messages(world, NOON + timedelta(hours=49))) == 1, "nothing new, no message"

    def test_without_consent_nothing_is_sent(self, world: World) -> None:
        """A consent taken back stops the alert, and what was found meanwhile is not kept for later."""
        host, reader = world.member("Hana"), world.member("Rei")
        with world.database.begin() as tx:
            tx.execute(
                text("""
                    insert into marketplace.opportunity_search
                           (search_id, person_id, name, query, alerts, seen_at, told_at, created_at, changed_at)
                    values (gen_random_uuid(), :person, 'x', '', 'weekly', :at, :at, :at, :at)
                """),
                {"person": reader.person_id, "at": NOON - timedelta(days=8)},
            )
        world.offer(host, "Tape")
        assert messages(world, NOON + timedelta(hours=1)) == []


class TestHeld:
    def test_export_holds_everything_and_erasure_leaves_no_name(self, world: World) -> None:
        """What others took part in stays, closed and without a name; the rest goes."""
        host, other = world.member("Hana"), world.member("Otis")
        public = world.offer(host, "Shown to all")
        host.ask("/opportunities", "POST", {"kind": "project", "title": "A draft"})
        host.ask("/wishes", "POST", {"topics": ["x"], "words": "My wish"})
        host.ask("/saved-searches", "POST", {"name": "My search", "query": ""})
        host.read("/opportunities")
        with world.database.read() as tx:
            held = str(export_person(tx, host.person_id))
        for words in ("Shown to all", "A draft", "My wish", "My search", "knows_of"):
            assert words in held
        with world.database.begin() as tx:
            erase_person(tx, host.person_id, by="test", now=NOON)
        with world.database.read() as tx:
            kept = by_ids(tx, [public])[public]
            left = tx.execute(text("select count(*) from marketplace.opportunity")).scalar_one()
            rest = tx.execute(
                text("""
                    select (select count(*) from marketplace.mentoring_wish)
                         + (select count(*) from marketplace.opportunity_search)
                         + (select count(*) from marketplace.launch_awareness where person_id = :person)
                """),
                {"person": host.person_id},
            ).scalar_one()
        assert (kept.owner_id, kept.state, left, rest) == (None, "closed", 1, 0)
        assert "Hana" not in other.read(f"/opportunities/{public}")


def test_finder_shows_what_one_may_open(world: World) -> None:
    """Search everywhere finds titles and skills, with the link to the page."""
    host, guest = world.member("Hana"), world.member("Gus", employed=False)
    here = world.offer(host, "Zither evening", kind=Kind.MENTORING, skills=("Zither",))
    with world.database.read() as tx:
        found, nothing = (find_everywhere(tx, each.asker, "zith", limit=5) for each in (host, guest))
    assert f"/opportunities/{here}" in str(found.groups)
    assert "Zither" not in str(nothing.groups)


def test_seats_are_counted_by_person_and_fill_and_free(world: World) -> None:
    """One person has one seat however often they are written down; full is filled, free again is open again."""
    host, one, two = world.member("Hana"), world.member("Ona"), world.member("Tua")
    here = world.offer(host, "A band for two", seats=2)
    applied = text("""
        insert into marketplace.application
               (application_id, opportunity_id, person_id, state, created_at, changed_at)
        values (gen_random_uuid(), :here, :person, 'accepted', now(), now())
    """)
    joined = text("""
        insert into marketplace.team_member (opportunity_id, person_id, joined_at) values (:here, :person, now())
    """)
    left = text("""
        update marketplace.team_member set left_at = now() where person_id = :person and opportunity_id = :here
    """)
    seen = []
    for statement, who in ((applied, one), (joined, one), (joined, two), (left, two)):
        with world.database.begin() as tx:
            tx.execute(statement, {"here": here, "person": who.person_id})
            settle_seats(tx, [here], now=NOON)
            settle_seats(tx, [here], now=NOON)
            kept = by_ids(tx, [here])[here]
            seen.append((kept.seats_left, kept.state.value))
    assert seen == [(1, "open"), (1, "open"), (0, "filled"), (1, "open")]
    with world.database.read() as tx:
        told = tx.execute(
            text(
                "select type from kernel.event where type like 'marketplace.opportunity.%' order by xid, position"
            )
        ).scalars()
        assert [each.rpartition(".")[2] for each in told] == ["opened", "filled", "opened"]
