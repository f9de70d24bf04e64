"""What gets seen, in words: sentences, hints what to do, and the rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from bandmate.kernel.csv_lines import csv_line
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.formats import counted, number, percent
from bandmate.marketplace.kinds import KINDS_MANY, Kind
from bandmate.marketplace.matching.exposure_figures import LEAST, KindSeen, OpportunitySeen, Seen

_EVERYTHING = later("Everything")
_EVEN, _UNEVEN = 0.3, 0.6
"""Below the one lists are called even, above the other uneven: words for a first look, no norm."""

_CROWDED: Mapping[Kind, str] = {
    Kind.JOB: later("Say more exactly what it asks for, or open another job like it."),
    Kind.PROJECT: later("Ask its host for another seat, or for a second project like it."),
    Kind.MENTORING: later("Ask for another seat, or for another mentor with the same topics."),
}

COLUMNS = (
    "opportunity_id", "kind", "title", "department", "state", "free_seats", "people", "fewer_than_10", "price",
    "names_skills",
)  # fmt: skip
_YES_OR_NO = ("fewer_than_10", "names_skills")


def headline(seen: Seen) -> str:
    """Return in a sentence or three what matters most."""
    whole = seen.everything
    if not whole.evenness.shown:
        return _("Nobody opened their list in these days, so nothing was shown.")
    people = whole.funnel.people
    shown = (
        _("Lists of fewer than {least} people showed").format(least=LEAST)
        if people is None
        else counted("The list of {count} person showed", "The lists of {count} people showed", people)
    )
    said = _("{shown} {part} of {all} opportunities.").format(
        shown=shown, part=number(whole.evenness.shown), all=number(whole.evenness.opportunities)
    )
    return f"{said} {how_even(whole.evenness.gini)}"


def how_even(found: float) -> str:
    """Return in words how even a Gini coefficient is."""
    if found < _EVEN:
        return _("They were shown evenly.")
    if found < _UNEVEN:
        return _("Some were shown much more than others.")
    return _("A few were shown to nearly everyone.")


def crowded_hint(each: OpportunitySeen) -> str:
    """Return what eases the crowd."""
    return _(_CROWDED[each.kind])


def unseen_hint(each: OpportunitySeen) -> str:
    """Return why nobody saw it, the likeliest reason first, with what to do."""
    if not each.kind_is_open:
        return _("Its kind is open to nobody. Open it on Launches when it is ready.")
    if each.is_new:
        return _("It opened less than three days ago. Give it time.")
    if not each.names_skills:
        return _("It names no skill. Ask who offers it to name two or three that it asks for or teaches.")
    return _("Others fit everybody better. Add skills that one can learn in it, or invite people who fit.")


def people_words(people: int | None) -> str:
    """Return to how many people."""
    return _("fewer than {least}").format(least=LEAST) if people is None else number(people)


def shown_kind(each: KindSeen) -> dict[str, Any]:
    """Return a row of the tables by kind."""
    funnel, evenness = each.funnel, each.evenness
    interval = funnel.interval
    return {
        "name": _(_EVERYTHING if each.kind is None else KINDS_MANY[each.kind]),
        "opportunities": number(evenness.opportunities),
        "coverage": percent(evenness.coverage),
        "gini": number(evenness.gini, 2),
        "gini_of_seats": number(evenness.gini_of_seats, 2),
        "busiest": percent(evenness.busiest_tenth),
        "people": people_words(funnel.people),
        "shown": _("too few") if funnel.shown is None else number(funnel.shown),
        "applications": _("too few") if funnel.applications is None else number(funnel.applications),
        "rate": None if funnel.rate is None else number(100 * funnel.rate, 1),
        "interval": None
        if interval is None
        else _("{low} to {high} %").format(low=number(100 * interval[0], 1), high=number(100 * interval[1], 1)),
    }


def shown_opportunity(each: OpportunitySeen, hint: Callable[[OpportunitySeen], str]) -> dict[str, Any]:
    """Return a row of the lists of opportunities."""
    return {
        "title": each.title,
        "href": f"/opportunities/{each.opportunity_id}" if each.readable else None,
        "kind": _(KINDS_MANY[each.kind]),
        "department": each.department or "",
        "people": people_words(each.people),
        "seats": number(each.seats),
        "hint": hint(each),
    }


def record(each: OpportunitySeen) -> dict[str, Any]:
    """Return an opportunity as files and the API give it."""
    return {
        "opportunity_id": str(each.opportunity_id),
        "kind": each.kind.value,
        "title": each.title,
        "department": each.department,
        "state": each.state,
        "free_seats": each.seats,
        "people": each.people,
        "fewer_than_10": each.people is None,
        "price": round(each.price, 1),
        "names_skills": each.names_skills,
    }


def ndjson(rows: Iterable[OpportunitySeen]) -> Iterator[bytes]:
    """Write one JSON object a line."""
    for each in rows:
        yield orjson.dumps(record(each), option=orjson.OPT_APPEND_NEWLINE)


def comma_separated(rows: Iterable[OpportunitySeen]) -> Iterator[bytes]:
    """Write CSV with a header."""
    yield csv_line(COLUMNS).encode()
    for each in rows:
        values = record(each)
        values |= {name: "yes" if values[name] else "no" for name in _YES_OR_NO}
        yield csv_line(values[name] for name in COLUMNS).encode()
