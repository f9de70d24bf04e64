"""Sending again since a point in time or an event: exactly those events, in batches, across kills."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.tasks import run_due
from bandmate.kernel.webhooks.endpoints import Registered, disable
from bandmate.kernel.webhooks.queries import replays_of
from bandmate.kernel.webhooks.replaying import ReplayId, Start, replay_batch, request_replay

from .conftest import World


def ask(world: World, made: Registered, start: Start) -> ReplayId:
    """Ask for a replay."""
    with world.database.begin() as tx:
        return request_replay(tx, made.endpoint_id, start, by=None, now=world.clock())


def queue(world: World, replay: ReplayId, *, limit: int = 2_000) -> None:
    """Do a replay as its task does, each batch in its own transaction."""
    more = True
    while more:
        with world.database.begin() as tx:
            more = replay_batch(tx, replay, now=world.clock(), limit=limit)


def recorded(database: Database, event_id: str) -> datetime:
    """Return when an event was written to the log."""
    with database.read() as tx:
        at: datetime = tx.execute(
            text("select recorded_at from kernel.event where event_id = :id"), {"id": event_id}
        ).scalar_one()
    return at


@pytest.mark.parametrize("limit", [1, 2, 3, 2_000])
def test_since_an_instant_means_exactly_the_events_since(world: World, limit: int) -> None:
    """Whatever the size of a batch; what had arrived is sent again under its id, nothing before."""
    made = world.register()
    world.tell_and_send("a", "b")
    later = [*world.tell_and_send("c"), *world.tell_and_send("d", "e")]
    world.receiver.got.clear()
    queue(world, ask(world, made, Start(since=recorded(world.database, later[0]))), limit=limit)
    world.send()
    assert sorted(world.receiver.ids()) == sorted(later)


def test_from_an_event_on_that_event_comes_too(world: World) -> None:
    """By an event's id the replay starts with it, in the order of the log."""
    made = world.register()
    ids = world.tell_and_send("a", "b", "c", "d")
    world.receiver.got.clear()
    queue(world, ask(world, made, Start(event_id=UUID(ids[1]))))
    world.send()
    assert sorted(world.receiver.ids()) == sorted(ids[1:])


def test_what_was_never_queued_is_queued(world: World) -> None:
    """A new endpoint can have the past; a disabled one what it missed."""
    past = world.tell("a", "b")
    made = world.register()
    queue(world, ask(world, made, Start(event_id=UUID(past[0]))))
    world.send()
    assert sorted(world.receiver.ids()) == sorted(past)


def test_only_what_the_endpoint_wants_is_replayed(world: World) -> None:
    """Other endpoints and other types are left alone."""
    made, other = world.register(types=("postings.job.closed",)), world.register("/other")
    (event_id,) = world.tell_and_send("a")
    (closed,) = world.tell("a", kind="postings.job.closed")
    world.hear()
    world.send()
    world.receiver.got.clear()
    queue(world, ask(world, made, Start(event_id=UUID(event_id))))
    world.send()
    assert world.receiver.ids() == [closed]
    assert {delivery.attempts for delivery in world.deliveries(other)} == {1}


def test_what_is_being_sent_is_left_alone(world: World) -> None:
    """A claimed delivery is not taken from the worker that has it."""
    made = world.register()
    (event_id,) = world.tell("a")
    world.hear()
    with world.database.begin() as tx:
        tx.execute(text("update kernel.webhook_delivery set claim = :claim, attempts = 1"), {"claim": uuid4()})
    queue(world, ask(world, made, Start(event_id=UUID(event_id))))
    assert world.deliveries(made)[0].attempts == 1


def test_events_after_the_request_are_not_replayed_but_heard(world: World) -> None:
    """A replay has an end, so it does not run after the log for ever."""
    made = world.register()
    (first,) = world.tell_and_send("a")
    replay = ask(world, made, Start(event_id=UUID(first)))
    world.tell_and_send("b")
    world.receiver.got.clear()
    queue(world, replay)
    world.send()
    assert world.receiver.ids() == [first]


def test_a_kill_in_between_loses_and_repeats_nothing(world: World) -> None:
    """The place in the log moves with the rows; a rolled back batch is done again."""
    made = world.register()
    ids = world.tell("a", "b", "c")
    replay = ask(world, made, Start(event_id=UUID(ids[0])))
    with world.database.begin() as tx:
        assert replay_batch(tx, replay, now=world.clock(), limit=1)
    killed = world.database.engine.connect()
    replay_batch(killed, replay, now=world.clock(), limit=1)
    killed.close()  # without a commit
    queue(world, replay, limit=1)
    with world.database.read() as tx:
        (progress,) = replays_of(tx, made.endpoint_id)
    assert progress.queued == 3
    assert progress.finished_at is not None


def test_the_task_does_it(world: World) -> None:
    """Asking defers a job; a worker finds it by its name."""
    made = world.register()
    ids = world.tell("a", "b")
    ask(world, made, Start(event_id=UUID(ids[0])))
    run_due(world.database)
    assert len(world.deliveries(made)) == 2


def test_a_disabled_endpoint_queues_for_later(world: World) -> None:
    """Nothing is sent until it is resumed."""
    made = world.register()
    ids = world.tell("a")
    with world.database.begin() as tx:
        disable(tx, {made.endpoint_id: "failing"}, now=world.clock())
    queue(world, ask(world, made, Start(event_id=UUID(ids[0]))))
    assert world.send() == 0
    assert world.health(made).counts.waiting == 1


@pytest.mark.parametrize(
    "start",
    [
        Start(),
        Start(since=system_clock(), event_id=uuid4()),
        Start(since=system_clock() + timedelta(days=9)),
        Start(event_id=uuid4()),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(world: World, start: Start) -> None:
    """Neither, both, the future, an unknown event."""
    made = world.register()
    with pytest.raises(InvalidInput):
        ask(world, made, start)


def test_many_events_are_queued_set_wise(world: World) -> None:
    """Ten thousand events for two endpoints are twenty thousand rows in a few statements."""
    world.register("/a")
    world.register("/b")
    world.tell(*map(str, range(10_000)))
    start = time.perf_counter()
    assert world.hear() == 10_000
    took = time.perf_counter() - start
    with world.database.read() as tx:
        assert tx.execute(text("select count(*) from kernel.webhook_delivery")).scalar_one() == 20_000
    assert took < 60, "a row at a time would take minutes"
