"""The closing rule, case by case, by property, and against the long histories of two job trackers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.postings.domain.identity import job_id
from bandmate.postings.domain.lifecycle import (
    GRACE,
    Outcome,
    Presence,
    Status,
    Transition,
    Verdict,
    absent,
    sighted,
    status,
    verdict,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after(hours: float) -> datetime:
    """Return the instant so many hours after noon."""
    return NOON + timedelta(hours=hours)


def seen_once() -> Presence:
    """Return what is known of a posting that was seen at noon."""
    return sighted(None, NOON)[0]


class TestClosing:
    def test_first_sighting_creates(self) -> None:
        """A posting that was never seen is created at its first sighting, and all its clocks start there."""
        presence, transition = sighted(None, NOON)
        assert transition is Transition.CREATED
        assert (presence.first_seen_at, presence.last_seen_at, presence.last_checked_at) == (NOON, NOON, NOON)

    def test_one_absence_does_not_close(self) -> None:
        """A single absence never closes, however long ago the last sighting was."""
        presence, transition = absent(seen_once(), after(1000))
        assert transition is None
        assert presence.inactive_at is None

    def test_two_absences_within_a_day_do_not_close(self) -> None:
        """Two absences less than 24 hours after the last sighting do not close."""
        presence, _ = absent(seen_once(), after(8))
        presence, transition = absent(presence, after(23.99))
        assert transition is None

    def test_second_absence_at_exactly_a_day_closes(self) -> None:
        """The second absence closes from exactly 24 hours on, at that run's time."""
        presence, _ = absent(seen_once(), after(8))
        presence, transition = absent(presence, after(24))
        assert transition is Transition.CLOSED
        assert presence.inactive_at == presence.last_checked_at == after(24)
        assert presence.last_seen_at == NOON

    def test_sighting_ends_the_streak(self) -> None:
        """Absences before a sighting do not count after it."""
        presence, _ = absent(seen_once(), after(30))
        presence, _ = sighted(presence, after(31))
        presence, transition = absent(presence, after(60))
        assert transition is None

    def test_seen_again_reopens(self) -> None:
        """A closed posting that is seen again reopens and keeps the time it was first seen."""
        presence, _ = absent(seen_once(), after(24))
        presence, _ = absent(presence, after(48))
        presence, transition = sighted(presence, after(72))
        assert transition is Transition.REOPENED
        assert presence.first_seen_at == NOON
        assert presence.inactive_at is None

    def test_closed_stays_as_it_is(self) -> None:
        """Further absences change nothing about a closed posting."""
        presence, _ = absent(seen_once(), after(24))
        presence, _ = absent(presence, after(48))
        assert absent(presence, after(100)) == (presence, None)


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcome", "listed", "proven", "expected"),
        [
            (Outcome.COMPLETE, 3, True, Verdict.COMPLETE),
            (Outcome.COMPLETE, 3, False, Verdict.PARTIAL),
            (Outcome.PARTIAL, 3, True, Verdict.PARTIAL),
            (Outcome.COMPLETE, 0, True, Verdict.EMPTY),
            (Outcome.COMPLETE, 0, False, Verdict.FAILED),
            (Outcome.FAILED, 3, True, Verdict.FAILED),
        ],
    )
    def test_outcome_is_only_ever_lowered(
        self, outcome: Outcome, listed: int, proven: bool, expected: Verdict
    ) -> None:
        """A run proves at most what was recorded of it, and less when its payload shows gaps."""
        assert verdict(outcome, listed=listed, proven=proven) is expected


class TestStatus:
    def test_deadline_in_the_past_means_expired(self) -> None:
        """An open posting whose deadline has passed reads as expired; closed ones as deleted, deadline or not."""
        past = after(-1)
        assert status(inactive_at=None, valid_through=past, now=NOON) is Status.EXPIRED
        assert status(inactive_at=None, valid_through=NOON, now=NOON) is Status.ACTIVE
        assert status(inactive_at=past, valid_through=past, now=NOON) is Status.DELETED


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60))
def test_states_alternate_and_closing_is_earned(steps: list[tuple[int, bool]]) -> None:
    """Whatever happens, closings and reopenings alternate, and each closing stands at the second or a later
    absence in a row, at least 24 hours after the last sighting.
    """
    now, presence = NOON, seen_once()
    closed, absences = False, 0
    for hours, is_listed in steps:
        now += timedelta(hours=hours)
        presence, transition = sighted(presence, now) if is_listed else absent(presence, now)
        absences = 0 if is_listed else absences + 1
        if transition is Transition.CLOSED:
            assert not closed
            assert absences >= 2
            assert now - presence.last_seen_at >= GRACE
            closed = True
        if transition is Transition.REOPENED:
            assert closed
            closed = False
        assert closed == (presence.inactive_at is not None)


def snapshots(replay: Path) -> Iterator[tuple[datetime, set[str]]]:
    """Yield the listed keys of each snapshot of a tracker's history."""
    listing: dict[str, dict[str, object]] = {}
    at: datetime | None = None
    with gzip.open(replay, "rt", encoding="utf-8") as lines:
        for line in lines:
            step = json.loads(line)
            if step["op"] == "snapshot":
                if at is not None:
                    yield at, {key for key, rec in listing.items() if rec.get("active") is not False}
                at = datetime.fromisoformat(step["at"])
            elif step["op"] == "close":
                listing.pop(step["key"], None)
            elif step["op"] == "update":
                listing[step["key"]] = listing.get(step["key"], {}) | _new_values(step["changed"])
            else:
                listing[step["key"]] = step["rec"]
    if at is not None:
        yield at, {key for key, rec in listing.items() if rec.get("active") is not False}


def _new_values(changed: dict[str, object]) -> dict[str, object]:
    return {name: value[-1] if isinstance(value, list) else value for name, value in changed.items()}


@pytest.mark.parametrize("name", ["simplify_new_grad", "ambicuity_new_grad"])
def test_long_histories_give_the_expected_events(shared: Path, name: str) -> None:
    """Two trackers' histories of 1,137 and 121 snapshots give exactly the expected events."""
    folder = shared / "postings" / "replays"
    presences: dict[str, Presence] = {}
    events: list[tuple[str, str, datetime]] = []
    for at, keys in snapshots(folder / f"{name}.replay.jsonl.gz"):
        if verdict(Outcome.COMPLETE, listed=len(keys), proven=True) is not Verdict.COMPLETE:
            continue
        for key in keys | presences.keys():
            before = presences.get(key)
            presences[key], transition = sighted(before, at) if key in keys else absent(presences[key], at)
            if transition is not None:
                events.append((job_id("replay", name, key), transition.value, at))
    with gzip.open(folder / f"{name}.expected_events.ndjson.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    expected = [(row["job_id"], row["type"], datetime.fromisoformat(row["observed_at"])) for row in rows]
    assert len(expected) > 5000
    assert sorted(events) == sorted(expected)
