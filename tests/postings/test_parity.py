"""Index and database answer alike: after random histories, for random filters, with and without an index."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.postings.boards_in_shape import (
    START,
    Look,
    greenhouse_board,
    greenhouse_job,
    lever_board,
    lever_posting,
    tell,
)
from tests.postings.reading_by_words import WordReader, occupation_uri, skill_uri

from bandmate.engines.search import NullIndex, Query, SearchIndex
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.web.pagination import encode_cursor
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome, Status
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import Indexer, drain_if_alone, elected, index_folder, rebuild_index, run_indexer
from bandmate.postings.job_query import FACETS, JobQuery, Sort, conditions
from bandmate.postings.reading_index import JobIndex
from bandmate.postings.records import all_records
from bandmate.postings.replay import replay
from bandmate.postings.search import facets, search
from bandmate.postings.skills.working import read_due

SCOPE = LaunchScope("everything", (), ())
TITLES = ("Sound Engineer", "C++ Developer", "A&R Manager", "Vertriebsleiter (m/w/d)", "Data Scientist, Größe")
PLACES = (
    "Berlin, Germany",
    "New York, NY",
    "Remote - US",
    "Lisbon, Portugal",
    "London, United Kingdom; Paris, France",
)
DEPARTMENTS = ("Engineering", "Artists & Labels", "Künstler", None)
PAY = (
    None,
    {"min": 50_000, "max": 70_000, "currency": "EUR", "interval": "per-year-salary"},
    {"min": 30, "max": 45.5, "currency": "USD", "interval": "per-hour-wage"},
)
SKILLS = {"sound": "hear", "manager": "lead", "records": "mix records", "data": "count", "steady": "stay calm"}
"""Words of these postings, and the skills that they name."""
NOW = START + timedelta(days=20)


def lever_story(chance: random.Random) -> Iterator[Look]:
    """Yield 25 looks at a Lever board whose postings come, change and go."""
    living: dict[str, dict[str, Any]] = {}
    for number in range(25):
        for key in [key for key in living if chance.random() < 0.08]:
            del living[key]
        for _ in range(chance.randrange(3)):
            key = f"job-{chance.randrange(30)}"
            living[key] = lever_posting(
                key,
                text=chance.choice(TITLES),
                workplaceType=chance.choice(("remote", "onsite", "hybrid", "unspecified")),
                createdAt=int((START - timedelta(days=chance.randrange(40))).timestamp() * 1000)
                + chance.randrange(1000),
                categories={
                    "department": chance.choice(DEPARTMENTS),
                    "team": chance.choice(("Audio", "Video")),
                    "commitment": chance.choice(("Full-time", "Contract", "Internship", None)),
                    "location": chance.choice(PLACES),
                },
                **({"salaryRange": pay} if (pay := chance.choice(PAY)) else {}),
            )
        outcome = chance.choices((Outcome.COMPLETE, Outcome.PARTIAL, Outcome.FAILED), (8, 1, 1))[0]
        payload = None if outcome is Outcome.FAILED else lever_board(*living.values())
        yield Look(number * 9, payload, outcome, BoardName("lever", "halfnote"))


def greenhouse_story(chance: random.Random) -> Iterator[Look]:
    """Yield ten looks at a Greenhouse board whose postings have deadlines."""
    for number in range(10):
        jobs = [
            greenhouse_job(
                key,
                title=chance.choice(TITLES),
                application_deadline=chance.choice((None, "2026-03-10T00:00:00Z", "2027-01-01T00:00:00Z")),
                updated_at=(START + timedelta(hours=number)).isoformat(),
                location={"name": chance.choice(PLACES)},
            )
            for key in range(1, 15)
            if chance.random() < 0.8
        ]
        yield Look(number * 20, greenhouse_board(*jobs), board=BoardName("greenhouse", "marigold"))


def random_query(chance: random.Random) -> JobQuery:
    """Return a query with a few random filters and no words."""
    moments = [START + timedelta(hours=chance.randrange(-900, 300)) for _ in range(2)]
    options: dict[str, Any] = {
        "title": chance.choice(("engineer", "c++", "größe", "r", "manager a")),
        "provider": ("lever",),
        "company": (chance.choice(("Halfnote", "Marigold Wax")),),
        "department": (chance.choice(("Engineering", "Künstler", "Labels")),),
        "team": ("Audio",),
        "country": tuple(chance.sample(("DE", "US", "PT", "GB", "FR"), 2)),
        "region": ("NY",),
        "city": (chance.choice(("Berlin", "New York", "Paris", "Lisbon")),),
        "work_model": (chance.choice(("remote", "hybrid", "on_site")),),
        "employment_type": (chance.choice(("full_time", "contract", "internship")),),
        "language": (chance.choice(("en", "de")),),
        "salary_currency": ("EUR",),
        "salary_min": chance.choice((0.0, 60_000.0, 80_000.5)),
        "salary_max": chance.choice((55_000.0, 90_000.0)),
        "salary_exists": chance.random() < 0.5,
        "posted_after": min(moments),
        "posted_before": max(moments),
        "updated_after": min(moments),
        "changed_after": min(moments),
        "changed_before": max(moments),
        "first_seen_before": max(moments),
        "status": tuple(chance.sample(list(Status), chance.randrange(1, 3))),
        "skill": tuple(skill_uri(SKILLS[word]) for word in chance.sample(sorted(SKILLS), chance.randrange(1, 3))),
        "occupation": tuple(occupation_uri(chance.choice(("sound engineer", "manager"))) for _ in range(2)),
    }
    chosen = chance.sample(sorted(options), chance.randrange(1, 4))
    return JobQuery(**{name: options[name] for name in chosen}, sort=chance.choice(list(Sort)))


@pytest.fixture(params=[1, 2, 3])
def history(
    request: pytest.FixtureRequest, database: Database, settings: Settings, tmp_path: Path
) -> tuple[Database, SearchIndex, random.Random]:
    """Two boards after a random history, indexed in steps on the way."""
    chance = random.Random(request.param)
    looks = sorted([*lever_story(chance), *greenhouse_story(chance)], key=lambda look: look.at)
    indexer = Indexer(database, index_folder(settings))
    for part in range(4):
        size = len(looks) // 4 + 1
        tell(tmp_path / str(part), looks[part * size : (part + 1) * size])
        replay(database, tmp_path / str(part), settings.archive_folder, SCOPE, processes=1)
        indexer.drain()
        read_by_another_version(database, chance, part)
        indexer.drain()
    indexer.close()
    return database, SearchIndex.open(index_folder(settings), SCHEMA), chance


def read_by_another_version(database: Database, chance: random.Random, part: int) -> None:
    """Read the postings by a reader that knows other skills each time, so that older ones change too."""
    words = dict(chance.sample(sorted(SKILLS.items()), 3))
    reader = WordReader(version=f"part-{part}", words=words, titles={"sound engineer": "sound engineer"})
    read_due(database, lambda: reader, lambda: NOW)


def found_in_database(database: Database, query: JobQuery) -> list[str]:
    """Return the ids that the database finds, walking page by page without an index."""
    ids: list[str] = []
    cursor = None
    while True:
        with database.read() as tx:
            answer = search(tx, NullIndex(), query, now=NOW, limit=7, cursor=cursor)
        ids += [record["job_id"] for record in answer.records]
        cursor = answer.next_cursor
        if cursor is None:
            assert answer.total == len(ids)
            return ids


def test_filters_mean_the_same_in_index_and_database(
    history: tuple[Database, SearchIndex, random.Random],
) -> None:
    """For 150 random queries the index finds the postings that the database finds, no more and no fewer."""
    database, index, chance = history
    hits = 0
    for _ in range(150):
        query = random_query(chance)
        in_index = index.search(Query(filters=tuple(c.index for c in conditions(query, NOW)), limit=1000)).ids
        in_database = found_in_database(database, query)
        assert len(set(in_database)) == len(in_database)
        assert set(in_index) == set(in_database), query
        hits += len(in_index)
    assert hits > 100


def test_counts_are_the_same_from_index_and_database(
    history: tuple[Database, SearchIndex, random.Random],
) -> None:
    """Facets counted by a fresh index equal those counted by the database, its own filter left out or not."""
    database, index, chance = history
    for number in range(40):
        query = random_query(chance)
        with database.read() as tx:
            counted = [
                facets(tx, one, query, FACETS, now=NOW, disjunctive=number % 2 == 0)
                for one in (index, NullIndex())
            ]
        assert counted[0] == counted[1], query


def test_skills_narrow_and_occupations_widen(history: tuple[Database, SearchIndex, random.Random]) -> None:
    """Of two skills both must be there; of two occupations one. Skills are counted among what was found."""
    database, index, _ = history
    with database.read() as tx:
        records = list(all_records(tx, NOW))
    assert all(record["skills_version"] == "part-3/1" for record in records)
    skills = {record["job_id"]: {one["uri"] for one in record["skills"]} for record in records}
    known = sorted(set().union(*skills.values()))
    assert len(known) > 1
    pair = (known[0], known[1])
    both = {one for one, uris in skills.items() if uris >= set(pair)}
    assert set(found_in_database(database, JobQuery(skill=pair))) == both
    with database.read() as tx:
        for one in (index, NullIndex()):
            for disjunctive in (True, False):
                query = JobQuery(skill=pair[:1])
                counted = facets(tx, one, query, ("skill", "company"), now=NOW, disjunctive=disjunctive)
                wanted = {uri: sum({pair[0], uri} <= uris for uris in skills.values()) for uri in known}
                assert {c.value: c.count for c in counted["skill"]} == {u: n for u, n in wanted.items() if n}
    occupied = {one["job_id"] for one in records if one["occupation_uri"]}
    assert occupied
    anything = (occupation_uri("sound engineer"), occupation_uri("nobody"))
    assert set(found_in_database(database, JobQuery(occupation=anything))) == occupied


def test_every_open_posting_is_reached_by_filters_alone(
    history: tuple[Database, SearchIndex, random.Random],
) -> None:
    """Walking the list of open postings without an index meets each of them once."""
    database, _, _ = history
    with database.read() as tx:
        records = [r for r in all_records(tx, NOW) if r["status"] == "active"]
    assert sorted(found_in_database(database, JobQuery(status=(Status.ACTIVE,)))) == sorted(
        record["job_id"] for record in records
    )


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_are_in_order(history: tuple[Database, SearchIndex, random.Random], sort: Sort) -> None:
    """Every order runs from newest or highest to oldest or lowest over all pages, with unknown values last."""
    database, _, _ = history
    with database.read() as tx:
        by_id = {record["job_id"]: record for record in all_records(tx, NOW)}
    ids = found_in_database(database, JobQuery(sort=sort))
    assert len(ids) == len(by_id)
    if sort is Sort.CHANGED:
        instants = [datetime.fromisoformat(by_id[job_id]["last_changed_at"]) for job_id in ids]
        assert instants == sorted(instants, reverse=True)
    elif sort is Sort.SALARY:
        known = [by_id[job_id]["salary_max"] is not None for job_id in ids]
        assert known == sorted(known, reverse=True)
    else:
        posted = [by_id[job_id]["source_posted_at"] or by_id[job_id]["first_seen_at"] for job_id in ids]
        assert posted == sorted(posted, reverse=True)


def test_a_rebuilt_index_is_the_same_as_one_that_followed(
    history: tuple[Database, SearchIndex, random.Random], settings: Settings
) -> None:
    """An index built at once holds what an index holds that followed the events."""
    database, index, _ = history
    everything = Query(limit=1000)
    followed = index.search(everything).ids
    indexer = Indexer(database, index_folder(settings))
    assert indexer.rebuild() == len(followed)
    indexer.close()
    assert SearchIndex.open(index_folder(settings), SCHEMA).search(everything).ids == followed


def test_a_posting_is_found_by_its_words_within_two_seconds(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """While an indexer runs, what was committed can be found by its words in under two seconds."""
    stop = threading.Event()
    runner = threading.Thread(target=run_indexer, args=(database, settings, stop))
    runner.start()
    try:
        index = JobIndex(index_folder(settings))
        wait_for(lambda: index.mark() is not None)
        tell(tmp_path, [Look(0, lever_board(lever_posting("a", text="Ondes Martenot Player")))])
        replay(database, tmp_path, settings.archive_folder, SCOPE, processes=1)
        committed = time.monotonic()
        wait_for(lambda: index.search(Query("martenot ")).total == 1)
        assert time.monotonic() - committed < 2
    finally:
        stop.set()
        runner.join()


def test_two_processes_do_not_write_one_index(database: Database, settings: Settings) -> None:
    """Of two that want to index one folder, one is elected; when it lets go, the other can be."""
    folder = index_folder(settings)
    with elected(database, folder) as first, elected(database, folder) as second:
        assert (first, second) == (True, False)
    with elected(database, folder) as again:
        assert again


def test_a_command_brings_the_index_up_to_date_when_nobody_else_does(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Without an indexer a command drains the log before it ends; beside one it leaves that to it."""
    tell(tmp_path, [Look(0, lever_board(lever_posting("a")))])
    replay(database, tmp_path, settings.archive_folder, SCOPE, processes=1)
    with elected(database, index_folder(settings)):
        drain_if_alone(database, settings)
        assert JobIndex(index_folder(settings)).count() == 0
    drain_if_alone(database, settings)
    assert JobIndex(index_folder(settings)).count() == 1


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "position",
    [
        ["0001-01-01T00:00:00+14:00", "0" * 40],
        ["2026-03-02T08:00:00+00:00", "\x00"],
        ["2026-03-02T08:00:00+00:00", "\ud800" * 40],
        ["nan", "0" * 40],
        [None, "0" * 40],
        [5, 6],
        [],
    ],
)
def test_a_forged_cursor_is_refused(database: Database, position: list[Any]) -> None:
    """A cursor with a right checksum and a senseless position is a bad request, never a fault of ours."""
    query = JobQuery()
    with pytest.raises(InvalidCursor), database.read() as tx:
        search(tx, NullIndex(), query, now=NOW, cursor=encode_cursor(query.fingerprint, position))


def test_a_command_has_the_index_rebuilt_by_whoever_keeps_it(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Beside a running indexer, a rebuild is done by that one, and the command waits for it."""
    tell(tmp_path, [Look(0, lever_board(lever_posting("a"), lever_posting("b")))])
    replay(database, tmp_path, settings.archive_folder, SCOPE, processes=1)
    stop = threading.Event()
    runner = threading.Thread(target=run_indexer, args=(database, settings, stop))
    runner.start()
    try:
        index = JobIndex(index_folder(settings))
        wait_for(lambda: index.mark() is not None)
        assert rebuild_index(database, settings) == 2
    finally:
        stop.set()
        runner.join()
