"""Pairs without a round, launches, time zones, and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import typer
from tests.marketplace.rounds.conftest import NOW, Company, clock
from typer.testing import CliRunner

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId, RoundId
from bandmate.marketplace.rounds import commands
from bandmate.marketplace.rounds.acts import create_round, open_round
from bandmate.marketplace.rounds.gathering import gather, utc_offset
from bandmate.marketplace.rounds.pairing import form_pair
from bandmate.marketplace.rounds.previewing import LimitsCannotBeKept, preview


def test_a_mentor_who_accepts_somebody_is_their_mentor_once(company: Company) -> None:
    """The wish is matched, the seat taken, nothing doubled; beyond the seats it is refused."""
    offer = company.row("""
        select o.opportunity_id, o.owner_id, o.format from marketplace.opportunity o
         where o.kind = 'mentoring' and o.state = 'open' order by o.opportunity_id limit 1
    """)
    company.do("update marketplace.opportunity set seats = 1 where opportunity_id = :o", o=offer["opportunity_id"])
    mentor, offer_id = PersonId(offer["owner_id"]), OpportunityId(offer["opportunity_id"])
    wishing = (
        "select person_id from marketplace.mentoring_wish where format = :f and person_id <> :m order by 1 {}"
    )
    about = {"f": offer["format"], "m": mentor}
    one = PersonId(company.row(wishing.format("limit 1"), **about)["person_id"])
    two = PersonId(company.row(wishing.format("desc limit 1"), **about)["person_id"])
    with company.database.begin() as tx:
        made = form_pair(tx, one, mentor, offer_id, now=NOW)
        assert form_pair(tx, one, mentor, offer_id, now=NOW) == made
    assert (
        company.one("select state from marketplace.opportunity where opportunity_id = :o", o=offer_id) == "filled"
    )
    wish = "select state from marketplace.mentoring_wish where person_id = :p and format = :f"
    assert company.one(wish, p=one, f=offer["format"]) == "matched"
    assert company.one("select count(*) from kernel.event where type = 'marketplace.pair.formed'") == 1
    for mentee, teacher, error in ((two, mentor, Conflict), (two, one, NotFound), (mentor, mentor, InvalidInput)):
        with company.database.begin() as tx, pytest.raises(error):
            form_pair(tx, mentee, teacher, offer_id, now=NOW)


def test_nobody_takes_part_while_mentoring_is_off(company: Company) -> None:
    """In pilot only the groups do; a preview without anybody says so."""
    company.do("update marketplace.launch set state = 'off' where kind = 'mentoring'")
    try:
        round_id = RoundId(new_id())
        with company.database.begin() as tx:
            made = create_round(tx, company.lead, round_id, "Early", "one_to_one", now=NOW)
            open_round(tx, round_id, version=made.version, now=NOW)
            found = gather(tx, "one_to_one", now=NOW)
        assert not [*found.mentees, *found.mentors]
        with pytest.raises(LimitsCannotBeKept, match="nobody to pair"):
            preview(company.database, round_id, clock=clock)
    finally:
        company.do("update marketplace.launch set state = 'on' where kind = 'mentoring'")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Stockholm", date(2026, 1, 10), 1.0),
        ("Europe/Stockholm", date(2026, 7, 10), 2.0),
        ("Asia/Kolkata", date(2026, 7, 10), 5.5),
        ("America/New_York", date(2026, 7, 10), -4.0),
        ("../etc/passwd", date(2026, 7, 10), None),
        ("Nowhere/At_All", date(2026, 7, 10), None),
        (None, date(2026, 7, 10), None),
    ],
)
def test_hours_ahead_are_those_of_the_day(zone: str | None, day: date, hours: float | None) -> None:
    """Summer time counts; a zone that is none is not known."""
    assert utc_offset(zone, day) == hours


def test_the_command_line_previews_and_publishes(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are listed; a preview is worked out at once; publishing needs a programme lead."""

    @contextmanager
    def opened() -> Iterator[Database]:
        yield company.database

    monkeypatch.setattr(commands, "command_database", opened)
    app, runner = typer.Typer(), CliRunner()
    commands.add_to(app)
    held = company.previewed()
    listed = runner.invoke(app, ["rounds", "list"])
    assert listed.exit_code == 0
    assert f"{held.round_id}\tSpring\tone_to_one\tpreview" in listed.stdout
    shown = runner.invoke(app, ["rounds", "preview", str(held.round_id)])
    assert f"matched\t{(held.figures or {})['matched']}" in shown.stdout
    nobody = runner.invoke(app, ["rounds", "publish", str(held.round_id), "--by", "nobody@halfnote.example"])
    assert isinstance(nobody.exception, InvalidInput)
    assert isinstance(runner.invoke(app, ["rounds", "preview", "x"]).exception, InvalidInput)
    email = company.one("select email from marketplace.employee where person_id = :p", p=company.lead)
    done = runner.invoke(app, ["rounds", "publish", str(held.round_id), "--by", str(email)])
    assert done.exit_code == 0, done.exception
    assert company.one("select count(*) from marketplace.mentoring_pair") == (held.figures or {})["matched"]
