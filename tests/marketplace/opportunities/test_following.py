"""Jobs follow the postings of our own companies, by events and by reconciling."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, World

from bandmate.kernel.database.session import Database
from bandmate.kernel.events import publish
from bandmate.kernel.events.subscriptions import run_once
from bandmate.kernel.identity.access import Role
from bandmate.kernel.ids import new_id
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import governing
from bandmate.marketplace.launches.queries import launch_of
from bandmate.marketplace.opportunities.following import SUBSCRIPTION, opportunity_id_of, reconcile
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.postings import companies
from bandmate.postings.domain.identity import BoardName, JobId
from bandmate.postings.events import history_id, job_event

OURS, OTHERS = UUID(int=1), UUID(int=2)


def post(
    database: Database, job_id: str, *, org: UUID = OURS, closed: bool = False, title: str = "Luthier"
) -> None:
    """Have postings hold a job, and tell of it, as its own context does."""
    board = BoardName("lever", "halfnote")
    with database.begin() as tx:
        tx.execute(
            text("insert into postings.org (org_id, name) values (:org, :name) on conflict do nothing"),
            {"org": org, "name": "Ours" if org == OURS else "Others"},
        )
        tx.execute(
            text("""
                insert into postings.board (board_id, org_id, provider, board)
                values (:board, :org, 'lever', 'halfnote')
                on conflict do nothing
            """),
            {"board": board.board_id, "org": org},
        )
        tx.execute(
            text("""
                insert into postings.job as j
                       (job_id, board_id, org_id, provider, board, provider_job_key, title, title_words, company,
                        locations, country_codes, regions, cities, evidence, conflicts, launch_included,
                        launch_reason, first_seen_at, last_seen_at, last_checked_at, last_changed_at, inactive_at,
                        absences, content_hash, source_hash, derived_version, city, country_code, work_model)
                values (:job, :board, :org, 'lever', 'halfnote', :job, :title, '{}', 'Ours', '[]', '{}', '{}',
                        '{}', '{}', '[]', true, '', :at, :at, :at, :at, :inactive, 0, '', '', 1, 'Malmö', 'SE',
                        'onsite')
                on conflict (job_id) do update set title = excluded.title, inactive_at = excluded.inactive_at
            """),
            {
                "job": job_id,
                "board": board.board_id,
                "org": org,
                "title": title,
                "at": NOON - timedelta(days=2),
                "inactive": NOON if closed else None,
            },
        )
        tx.execute(
            text("""
                insert into postings.content (job_id, text, native, meaning) values (:job, :words, '{}', '{}')
                on conflict do nothing
            """),
            {"job": job_id, "words": "You mend guitars.\n" * 40},
        )
        kind = "closed" if closed else "created"
        event_id = history_id(job_id, kind, NOON, str(new_id()))
        publish(tx, [job_event(event_id, kind, JobId(job_id), board, NOON, None)])


def told(database: Database) -> list[str]:
    """Return the events of opportunities in their order."""
    with database.read() as tx:
        rows = tx.execute(
            text("""
                select type from kernel.event where type like 'marketplace.opportunity.%' order by xid, position
            """)
        )
        return [row.type.rpartition(".")[2] for row in rows]


@pytest.fixture
def own(world: World) -> World:
    """The company has chosen what is its own."""
    post(world.database, "a" * 40)
    post(world.database, "b" * 40, org=OTHERS)
    with world.database.begin() as tx:
        admin = world.member("Ada", role=Role.ADMINISTRATOR)
        assert [each.name for each in companies(tx)] == ["Others", "Ours"]
        governing.choose_companies(tx, admin.person_id, [OURS], now=NOON)
    return world


def hear(world: World) -> None:
    """Let the subscription hear what there is."""
    while run_once(world.database, SUBSCRIPTION, lambda: NOON):
        pass


def test_posting_becomes_a_job_and_follows(own: World) -> None:
    """Created, changed, closed, open again: the job is the posting; others' postings are none of ours."""
    reader = own.member("Rei")
    hear(own)
    with own.database.read() as tx:
        (job,) = by_ids(tx, [opportunity_id_of("a" * 40), opportunity_id_of("b" * 40)]).values()
    assert (job.title, job.location, job.country, job.work_model) == ("Luthier", "Malmö", "SE", "on_site")
    assert job.posting_path == f"/jobs/{'a' * 40}"
    assert len(job.summary) <= 300
    here = f"/opportunities/{job.opportunity_id}"
    assert "See the posting" in reader.read(here)
    assert "Luthier" in reader.read("/opportunities?kind=job&q=guitars")
    post(own.database, "a" * 40, title="Master luthier")
    hear(own)
    assert "Master luthier" in reader.read(here)
    post(own.database, "a" * 40, closed=True)
    hear(own)
    assert "Luthier" not in reader.read("/opportunities")
    post(own.database, "a" * 40)
    hear(own)
    assert "Luthier" in reader.read("/opportunities")
    assert told(own.database) == ["opened", "changed", "closed", "opened"]


def test_hearing_twice_and_reconciling_change_nothing(own: World) -> None:
    """What is right is not written again."""
    hear(own)
    with own.database.begin() as tx:
        before = tx.execute(text("select opportunity_id, version from marketplace.opportunity")).all()
        tx.execute(text("delete from kernel.subscription where name = :name"), {"name": SUBSCRIPTION.name})
    hear(own)
    reconcile(own.database, lambda: NOON)
    with own.database.read() as tx:
        assert tx.execute(text("select opportunity_id, version from marketplace.opportunity")).all() == before
    assert told(own.database) == ["opened"]


def test_company_left_out_closes_its_jobs(own: World) -> None:
    """A company that is no longer ours takes its jobs along; chosen again, they come back."""
    reconcile(own.database, lambda: NOON)
    boss = own.member("Boss")
    for orgs, state in (([], "closed"), ([OURS], "open")):
        with own.database.begin() as tx:
            governing.choose_companies(tx, boss.person_id, orgs, now=NOON)
        reconcile(own.database, lambda: NOON)
        with own.database.read() as tx:
            (job,) = by_ids(tx, [opportunity_id_of("a" * 40)]).values()
        assert job.state == state


def test_window_for_our_own_people_is_counted_from_the_day_of_the_posting(own: World) -> None:
    """Posted two days ago, internal first for ten: eight are left; without a window none."""
    boss = own.member("Boss")
    for days, until in ((10, NOON + timedelta(days=8)), (0, None)):
        with own.database.begin() as tx:
            launch = launch_of(tx, Kind.JOB)
            setting = governing.Setting(launch.state, (), days)
            governing.change_launch(
                tx, boss.person_id, Kind.JOB, setting, reason="x", version=launch.version, now=NOON
            )
        reconcile(own.database, lambda: NOON)
        with own.database.read() as tx:
            (job,) = by_ids(tx, [opportunity_id_of("a" * 40)]).values()
        assert job.internal_until == until
        assert ("Internal first" in boss.read(f"/opportunities/{job.opportunity_id}")) is (until is not None)


def test_job_from_a_posting_is_changed_where_it_is_posted(own: World) -> None:
    """Nobody changes it here."""
    hear(own)
    admin = own.member("Root", role=Role.ADMINISTRATOR)
    here = f"/opportunities/{opportunity_id_of('a' * 40)}"
    assert admin.get(f"{here}/edit").status_code == 404
    assert admin.client.post(f"{here}/close").status_code == 403
