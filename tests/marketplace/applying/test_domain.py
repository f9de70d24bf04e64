"""Steps of applications, working days and costs: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.errors import InvalidInput
from bandmate.marketplace.applying.costs import Aims, Commitment, Direction, cost_of
from bandmate.marketplace.applying.domain import (
    Act,
    Party,
    State,
    StepImpossible,
    acts_of,
    check_hours,
    check_words,
    move,
)
from bandmate.marketplace.applying.words import cost_sentences
from bandmate.marketplace.applying.working_days import end_of_working_day
from bandmate.marketplace.kinds import Kind

STATES = st.one_of(st.none(), st.sampled_from(State))
NO_AIMS = Aims(None, {}, False, frozenset())


@given(STATES, st.lists(st.tuples(st.sampled_from(Act), st.sampled_from(Party)), max_size=12))
def test_every_way_keeps_the_rules(state: State | None, tried: list[tuple[Act, Party]]) -> None:
    """Whatever is tried: only the applicant of an offer says yes; repeating changes nothing."""
    for act, by in tried:
        try:
            after = move(state, act, by)
        except StepImpossible:
            continue
        if after is not state:
            if after is State.ACCEPTED:
                assert (state, by) == (State.OFFERED, Party.APPLICANT)
            if after in {State.WITHDRAWN, State.DECLINED, State.APPLIED, State.INTERESTED}:
                assert by is Party.APPLICANT or act is Act.UNLIST
            if after is State.OFFERED:
                assert state in {State.APPLIED, State.SHORTLISTED}
                assert by is Party.OWNER
            assert act in acts_of(state, by)
        if act is not Act.TAKE_BACK:
            assert move(after, act, by) is after
        state = after


@given(st.sampled_from(State), st.sampled_from([Party.OWNER, Party.PROGRAM]))
def test_nobody_ends_for_good_what_was_accepted(state: State, by: Party) -> None:
    """Owners and the program never turn an accepted application into another state."""
    if state is State.ACCEPTED:
        assert not acts_of(state, by)


@given(st.sampled_from(State))
def test_a_withdrawal_leads_back_to_where_it_was(before: State) -> None:
    """Taken back, everything under way is as before; what was over, or left, is not brought back."""
    under_way = {State.INTERESTED, State.APPLIED, State.SHORTLISTED, State.OFFERED}
    if before in under_way:
        assert move(State.WITHDRAWN, Act.RESUME, Party.APPLICANT, before=before) is before
    else:
        with pytest.raises(StepImpossible):
            move(State.WITHDRAWN, Act.RESUME, Party.APPLICANT, before=before)


def test_working_days_leave_weekends_out() -> None:
    """Asked on Friday 20 November 2026, five working days end with next Friday, in the zone of who is asked."""
    friday = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert end_of_working_day(friday, 5) == datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)
    assert end_of_working_day(friday, 1) == datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    assert end_of_working_day(friday, 1, ZoneInfo("Asia/Tokyo")) == datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC)
    with pytest.raises(ValueError, match="0 working days"):
        end_of_working_day(friday, 0)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - hypothesis wants them so
    st.integers(1, 30),
    st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"]),
)
def test_a_time_limit_is_never_short(at: datetime, days: int, zone: str) -> None:
    """At least so many whole days lie between, more days give more time, and it never ends on a free day."""
    asked, where = at.replace(tzinfo=UTC), ZoneInfo(zone)
    due = end_of_working_day(asked, days, where)
    assert due - asked >= timedelta(days=days) - timedelta(hours=1)
    assert due < end_of_working_day(asked, days + 1, where)
    assert (due.astimezone(where) - timedelta(seconds=1)).weekday() < 5


def test_hours_are_held_against_those_left() -> None:
    """Two of six hours are taken: four are left, this takes four; six would be two too many, and warn."""
    taken = [Commitment("Radio", Decimal(2))]
    fits = cost_of(Kind.PROJECT, Decimal(4), {}, available=Decimal(6), commitments=taken, aims=NO_AIMS)
    assert (fits.left, fits.over) == (Decimal(4), Decimal(0))
    assert [each.text for each in cost_sentences(fits)] == ["You have 4 of 6 hours a week left; this takes 4."]
    more = cost_of(Kind.PROJECT, Decimal(6), {}, available=Decimal(6), commitments=taken, aims=NO_AIMS)
    said = cost_sentences(more)
    assert said[1].tone == "warn"
    assert said[1].text.startswith("That is 2 hours a week more than you have.")
    job = cost_of(Kind.JOB, Decimal(40), {}, available=Decimal(6), commitments=taken, aims=NO_AIMS)
    assert job.over == 0


def test_skills_are_held_against_the_target() -> None:
    """What one would gain of the target is named; what one has is no gain; without a target nothing is said."""
    aims = Aims("Editor", {"u:mix": "Mixing", "u:cut": "Cutting", "u:old": "Old"}, True, frozenset({"u:old"}))
    skills = {"u:mix": "Mixing", "u:old": "Old", "u:x": "Other"}

    def direction(given_aims: Aims, offered: dict[str, str]) -> Direction:
        return cost_of(Kind.PROJECT, None, offered, available=None, commitments=(), aims=given_aims).direction

    near = cost_of(Kind.PROJECT, Decimal(1), skills, available=None, commitments=(), aims=aims)
    assert (near.direction, near.gained) == (Direction.NEARER, ("Mixing",))
    assert "nearer to your target “Editor”: 1 of its wanted skills (Mixing)" in cost_sentences(near)[-1].text
    assert direction(aims, {"u:old": "Old"}) is Direction.APART
    assert direction(NO_AIMS, skills) is Direction.UNKNOWN
    assert direction(Aims("This", {}, True, frozenset(), True), {}) is Direction.IS_TARGET


def test_a_target_whose_skills_nobody_knows_is_not_spoken_of() -> None:
    """Held against the skills somebody wants, nothing is said of a target in their own words."""
    aims = Aims("Data Scientist", {"u:mix": "Mixing"}, False, frozenset())
    apart = cost_of(Kind.PROJECT, Decimal(1), {}, available=None, commitments=(), aims=aims)
    assert cost_sentences(apart)[-1].text == "This has little to do with the skills you want to gain."


@given(
    st.decimals(0, 60, places=1),
    st.decimals(0, 60, places=1),
    st.lists(st.decimals(0, 40, places=1), max_size=5),
)
def test_over_is_what_is_missing(available: Decimal, takes: Decimal, others: list[Decimal]) -> None:
    """Hours over are exactly what all of it takes beyond what one has, never less than nothing."""
    commitments = [Commitment("x", each) for each in others]
    cost = cost_of(Kind.PROJECT, takes, {}, available=available, commitments=commitments, aims=NO_AIMS)
    assert cost.over == max(Decimal(0), takes + sum(others) - available)


@pytest.mark.parametrize("hours", ["NaN", "Infinity", "-1", "0", "0.04", "61", "1e9"])
def test_impossible_hours_are_refused(hours: str) -> None:
    """Nobody offers hours that nobody can work."""
    with pytest.raises(InvalidInput):
        check_hours(Decimal(hours))


@pytest.mark.parametrize("words", ["a\x00b", "\ud800", "x" * 2001, "\x1b[31m"])
def test_words_that_cannot_be_kept_are_refused(words: str) -> None:
    """Control characters, half characters and novels are refused; lines and tabs are kept."""
    with pytest.raises(InvalidInput):
        check_words(words)
    assert check_words(" a\r\nb\t ") == "a\nb"
