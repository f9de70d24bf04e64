"""A round as its pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.csv_lines import csv_line
from bandmate.kernel.database.session import Tx
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import number
from bandmate.marketplace.opportunities.domain import FORMATS, Format
from bandmate.marketplace.rounds.domain import Round, RoundState
from bandmate.marketplace.rounds.publishing import Skipped
from bandmate.marketplace.rounds.queries import names_of
from bandmate.marketplace.rounds.words import (
    GONE,
    PARTS,
    STATES,
    WAITING,
    problem_sentence,
    shown_parts,
    wanted_by,
    why,
)

_POINTS = 100
_FIRST_RANKS = 5
_COURSE = (RoundState.DRAFT, RoundState.OPEN, RoundState.PREVIEW, RoundState.PUBLISHED)
_BADGES = {
    RoundState.DRAFT: "plain",
    RoundState.OPEN: "info",
    RoundState.PREVIEW: "warm",
    RoundState.PUBLISHED: "good",
    RoundState.CLOSED: "plain",
}


def shown_round(held: Round) -> dict[str, Any]:
    """Return a round with its course and figures."""
    reached = _COURSE.index(held.state) if held.state in _COURSE else len(_COURSE) - 1
    return {
        "held": held,
        "id": str(held.round_id),
        "href": f"/rounds/{held.round_id}",
        "format": _(FORMATS[Format(held.format)]),
        "state": _(STATES[held.state]),
        "badge": _BADGES[held.state],
        "course": [
            {"label": _(STATES[state]), "done": place < reached, "here": place == reached}
            for place, state in enumerate(_COURSE)
        ],
        "asked_at": None if held.asked_at is None else parse_rfc3339(held.asked_at),
        "started": parse_rfc3339(started) if (started := (held.figures or {}).get("started_at")) else None,
        "problem": None if held.problem is None else problem_sentence(held.problem),
        "figures": shown_figures(held) if held.has_figures else None,
    }


def shown_figures(held: Round) -> dict[str, Any]:
    """Return the figures of a preview, worked out for reading."""
    figures = held.figures or {}
    bound, value = figures["bound"], figures["value"]
    departments = sorted(figures["matched_by_department"].items(), key=lambda each: (-each[1][1], each[0]))
    return {
        **{name: figures[name] for name in ("mentees", "mentors", "places", "matched", "blocking_pairs")},
        "waited": figures.get("waited", 0),
        "value": number(_POINTS * value, 0),
        "bound": number(_POINTS * bound, 0),
        "gap": max(0.0, (bound - value) / bound) if bound else 0.0,
        "left": figures["places"] - figures["matched"],
        "across": figures["across_departments"],
        "by_chance": figures["across_by_chance"],
        "ranks": _ranks(figures["ranks"]),
        "departments": [
            {"label": name or _("Not stated"), "verbatim": bool(name), "matched": both[0], "all": both[1]}
            for name, both in departments
        ],
    }


def _ranks(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return how many got their best mentor, their second best, and so on; later ones together."""
    by_rank = {int(rank): count for rank, count in counts.items()}
    rows = [{"label": _rank(rank), "value": by_rank.get(rank, 0)} for rank in range(1, _FIRST_RANKS + 1)]
    later_ones = sum(count for rank, count in by_rank.items() if rank > _FIRST_RANKS)
    return [*rows, {"label": _("Further down"), "value": later_ones}] if later_ones else rows


def _rank(rank: int) -> str:
    return _("Best for them") if rank == 1 else _("Choice {number}").format(number=rank)


def shown_pairs(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return pairs with why they suit and what the mentor's place is worth."""
    return [
        {
            "row": row,
            "points": _POINTS * row.value,
            "why": why(row.parts),
            "parts": shown_parts(row.parts),
            "wanted": wanted_by(row.wanted) if row.wanted else "",
        }
        for row in rows
    ]


def shown_waiting(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return who waits, with the reason in words."""
    return [{"row": row, "why": _(WAITING[row.reason])} for row in rows]


def shown_skipped(tx: Tx, skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    """Return the pairs that did not come about, with the reason in words."""
    names = names_of(tx, [one for each in skipped for one in (each.mentee, each.mentor)])
    return [
        {
            "mentee": names.get(each.mentee, _("Somebody who left")),
            "mentor": names.get(each.mentor, _("somebody who left")),
            "why": _(GONE[each.why]),
        }
        for each in skipped
    ]


def pairs_as_csv(rows: Sequence[Any]) -> str:
    """Return pairs as CSV."""
    both = (f"{one}{part}" for one in ("mentee", "mentor") for part in ("_id", "", "_department"))
    lines = [csv_line([*both, "value", *PARTS, "price", "rank", "mentor_wanted_by"])]
    for row in rows:
        mentee = [row.mentee_id, row.mentee, row.mentee_department]
        mentor = [row.mentor_id, row.mentor, row.mentor_department]
        figures = [row.value, *(row.parts.get(part, 0) for part in PARTS), row.price]
        lines.append(csv_line([*mentee, *mentor, *(round(each, 4) for each in figures), row.rank, row.wanted]))
    return "".join(lines)
