"""News is told once and never missed: late commits, crashes, an index that is not there, postings that close."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import START, lever_posting
from tests.postings.saved_searches.conftest import OPEN_JOBS, World, lever

from bandmate.kernel.consent import Through, withdraw
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.postings.domain.identity import BoardName, JobId
from bandmate.postings.events import history_id, job_event
from bandmate.postings.indexing import index_folder, rebuild_index
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import OPEN
from bandmate.postings.saved_searches import digests
from bandmate.postings.saved_searches.alerting import evaluate
from bandmate.postings.saved_searches.domain import Frequency, Schedule
from bandmate.postings.saved_searches.purpose import EMAIL, JOB_ALERTS
from bandmate.postings.saved_searches.saving import BARRIER, Wish, change, delete, restore, save, search_id_for

A, B, C = (lever_posting(key) for key in "abc")


def test_only_what_came_after_the_search_was_saved_is_told(world: World) -> None:
    """A posting that was there is not told; one that comes is, once."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.work()
    assert world.told() == []
    world.show(A, B)
    world.work()
    world.now += timedelta(hours=1)
    world.work()
    assert world.told() == [[lever("b")]]


def test_words_and_filters_decide(world: World) -> None:
    """Of the new postings those are told that have the words and pass the filters."""
    person = world.person()
    world.show(A)
    world.keep(person, JobQuery(q="tuner ", city=("Berlin",), status=OPEN))
    elsewhere = {**B["categories"], "location": "Lisbon, Portugal", "allLocations": ["Lisbon, Portugal"]}
    world.show(
        A,
        lever_posting("fits", text="Piano Tuner"),
        lever_posting("words", text="Piano Player"),
        lever_posting("place", text="Piano Tuner", categories=elsewhere, country="PT"),
    )
    world.work()
    assert world.told() == [[lever("fits")]]


def test_a_posting_that_fits_only_after_a_change_is_told_as_changed(world: World) -> None:
    """A material change makes a posting news; it says so, and a further change says nothing more."""
    world.show(A, B)
    world.keep(world.person(), JobQuery(title="tuner", status=OPEN))
    tuner = lever_posting("a", text="Piano Tuner")
    world.show(tuner, B)
    world.work()
    world.show(tuner | {"workplaceType": "remote"}, B)
    world.work()
    assert world.told() == [[lever("a")]]
    assert world.requests()[0]["variables"]["jobs"][0]["kind"] == "Changed"


def test_an_edited_text_alone_is_no_news(world: World) -> None:
    """A posting that was there and only changed its description is not told."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A | {"descriptionPlain": "Another text.", "description": "<div>Another text.</div>"})
    world.work()
    assert world.told() == []


def test_a_posting_that_opens_again_is_told_again(world: World) -> None:
    """Each opening is told once; in between it must have closed by the rule."""
    world.show(A, B)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, B, C)
    world.work()
    for _ in range(5):
        world.now += timedelta(days=1)
        world.show(A, B)
    world.show(A, B, C)
    world.work()
    assert world.told() == [[lever("c")], [lever("c")]]
    assert world.requests()[1]["variables"]["jobs"][0]["kind"] == "Open again"


def test_what_closed_or_fits_no_longer_is_left_out(world: World) -> None:
    """Between finding and telling, one posting closes and one changes away; the third is told alone."""
    person = world.person()
    world.show(A)
    world.keep(person, JobQuery(title="engineer", status=OPEN), Frequency.DAILY)
    world.show(A, B, C, lever_posting("d"))
    world.work()
    assert world.count("alert_match") == 3
    changed = lever_posting("c", text="Piano Tuner")
    for _ in range(5):
        world.now += timedelta(hours=5)
        world.show(A, changed, lever_posting("d"))
    world.now += timedelta(days=1)
    world.work()
    assert world.told() == [[lever("d")]]


def test_a_search_saved_while_a_posting_is_being_committed_hears_of_it(world: World) -> None:
    """A posting whose transaction began before the search was saved and commits after it is told."""
    world.show(A, B)
    person = world.person()
    with world.database.engine.connect() as late:
        _tell_created(late, "b")
        world.keep(person, OPEN_JOBS)
        world.work()
        assert world.told() == []
        late.commit()
    world.hear()
    world.index()
    world.work()
    assert world.told() == [[lever("b")]]


def _tell_created(tx: Tx, key: str) -> None:
    """Publish that a posting was created, as another process would."""
    at, board = START, BoardName("lever", "halfnote")
    event_id = history_id(lever(key), "created again", at)
    publish(tx, [job_event(event_id, "created", JobId(lever(key)), board, at, None)])


def test_what_the_index_has_not_taken_in_waits(world: World) -> None:
    """Until the index has come as far, nothing is evaluated and nothing lost."""
    world.show(A)
    world.keep(world.person(), JobQuery(q="engineer ", status=OPEN))
    world.show(A, B, indexed=False)
    world.work()
    assert (world.told(), world.count("alert_candidate")) == ([], 1)
    world.index()
    world.work()
    assert (world.told(), world.count("alert_candidate")) == ([[lever("b")]], 0)


def test_without_an_index_everything_waits_for_the_rebuilt_one(world: World) -> None:
    """While the index is gone alerts wait; when it is built again, they are told."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, B, indexed=False)
    shutil.rmtree(index_folder(world.settings))
    world.work()
    assert world.told() == []
    rebuild_index(world.database, world.settings)
    world.work()
    assert world.told() == [[lever("b")]]


def test_a_crash_between_finding_and_asking_neither_loses_nor_repeats(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When asking for the message fails, the whole digest is done again, once."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, B)

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(digests, "_set_next", crash)
        with pytest.raises(RuntimeError):
            world.work()
    assert world.told() == []
    assert world.count("alert_match") == 1
    world.work()
    world.now += timedelta(hours=1)
    world.work()
    assert world.told() == [[lever("b")]]


def test_a_crash_while_evaluating_leaves_the_candidates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates go only together with what they fit."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, B)
    with monkeypatch.context() as broken:
        broken.setattr("bandmate.postings.saved_searches.alerting._DONE", text("select 1/0"))
        with pytest.raises(Exception, match="division"):
            evaluate(world.database, world.index(), now=world.now)
    assert (world.count("alert_match"), world.count("alert_candidate")) == (0, 2)
    world.work()
    assert world.told() == [[lever("b")]]


def test_events_heard_again_are_not_told_again(world: World) -> None:
    """After the subscription was set back, the same postings are found and told no second time."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, B)
    world.work()
    with world.database.begin() as tx:
        tx.execute(text("update kernel.subscription set xid = '0', position = 0"))
    world.hear()
    world.now += timedelta(hours=1)
    world.work()
    assert world.told() == [[lever("b")]]


def test_who_takes_consent_back_hears_nothing_of_that_time(world: World) -> None:
    """Without consent nothing is found or asked for; what waited is dropped."""
    person = world.person()
    world.show(A)
    world.keep(person, OPEN_JOBS, Frequency.DAILY)
    world.show(A, B)
    world.work()
    with world.database.begin() as tx:
        shown = JOB_ALERTS.shown(to=person, through=Through.PAGE)
        withdraw(tx, person, JOB_ALERTS.name, EMAIL, evidence=shown, at=world.now)
    world.show(A, B, C)
    world.now += timedelta(days=2)
    world.work()
    assert (world.told(), world.count("alert_match")) == ([], 0)


def test_digests_wait_for_their_hour(world: World) -> None:
    """A daily digest gathers what came and is sent at its hour, 8 in Berlin, and next on the following day."""
    world.show(A)
    search = world.keep(world.person(), OPEN_JOBS, Frequency.DAILY)
    assert search.due_at is not None
    world.show(A, B)
    world.show(A, B, C)
    world.now = search.due_at - timedelta(seconds=1)
    world.work()
    assert world.told() == []
    world.now = search.due_at
    world.work()
    assert world.told() == [sorted([lever("b"), lever("c")])]
    with world.database.read() as tx:
        due = tx.execute(text("select due_at from postings.saved_search")).scalar_one()
    assert due == search.due_at + timedelta(days=1)


def test_a_deleted_search_is_silent_and_one_brought_back_has_missed_nothing(world: World) -> None:
    """While it is deleted nothing is sent; brought back it tells what came meanwhile."""
    person = world.person()
    world.show(A)
    search = world.keep(person, OPEN_JOBS)
    with world.database.begin() as tx:
        delete(tx, person, search.search_id, now=world.now)
    world.show(A, B)
    world.work()
    assert world.told() == []
    with world.database.begin() as tx:
        restore(tx, person, search.search_id)
    world.work()
    assert world.told() == [[lever("b")]]


def test_another_question_starts_anew(world: World) -> None:
    """Changing what a search asks forgets what waited for the old question, and news counts from then."""
    person = world.person()
    world.show(A)
    search = world.keep(person, OPEN_JOBS, Frequency.DAILY)
    world.show(A, B)
    world.work()
    wish = Wish("Remote", JobQuery(work_model=("hybrid",), status=OPEN), Schedule(Frequency.AT_ONCE))
    with world.database.begin() as tx:
        change(tx, person, search.search_id, wish, now=world.now)
    world.show(A, B, C)
    world.work()
    assert world.told() == [[lever("c")]]


def test_many_jobs_are_named_up_to_twenty_and_counted(world: World) -> None:
    """A message names 20 jobs and counts all of them."""
    world.show(A)
    world.keep(world.person(), OPEN_JOBS)
    world.show(A, *(lever_posting(f"n{number}") for number in range(23)))
    world.work()
    (request,) = world.requests()
    assert len(request["variables"]["jobs"]) == 20
    assert (request["variables"]["total"], request["variables"]["more"]) == (23, 3)


def test_saving_while_the_evaluation_looks_is_seen(world: World) -> None:
    """The evaluation waits for whoever is just saving, so that the search is there when it looks."""
    world.show(A)
    person = world.person()
    wish = Wish("Mine", OPEN_JOBS, Schedule(Frequency.AT_ONCE))
    index = world.index()
    with world.database.engine.connect() as saving:
        save(saving, person, search_id_for(person, "x"), wish, now=world.now)
        with world.database.engine.connect() as evaluating:
            free = evaluating.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": BARRIER})
            assert not free.scalar_one()
        saving.commit()
    assert evaluate(world.database, index, now=world.now).found == 0
