"""What happens on the sample boards in the six weeks before the anchor. Day -8 is eight days before it.

Postings that have no part here still come and go on days drawn in `reading`; this is the scripted part.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bandmate.postings.sample.advert import Advert, Pay
from bandmate.postings.sample.chance import fraction
from bandmate.postings.sample.reading import adverts, places

# The days on which every board is visited: seldom at first, daily in the last week.
VISITS = (-43, -39, -36, -32, -29, -25, -22, -18, -15, -12, -10, -8, -6, -5, -4, -3, -2, -1, 0)

UNAVAILABLE = "unavailable"
OUTAGE_PAGE = "outage page"
TIMED_OUT = "timed out"
EMPTY = "empty"
CUT_SHORT = "cut short"
NAMELESS = "nameless posting"

INCIDENTS = {
    ("halfnote", -25): UNAVAILABLE,
    ("halfnote", -10): CUT_SHORT,
    ("marigoldwax", -15): OUTAGE_PAGE,
    ("rosinstreet", -6): EMPTY,
    ("bellwetherlund", -18): CUT_SHORT,
    ("concordatrights", -29): UNAVAILABLE,
    ("concordatrights", -12): NAMELESS,
    ("UndertowStage", -22): OUTAGE_PAGE,
    ("quiet-carriage", -8): EMPTY,
    # Stavewise stops answering: its postings stay open, unconfirmed since the last sighting.
    ("stavewise", -3): UNAVAILABLE,
    ("stavewise", -2): TIMED_OUT,
    ("stavewise", -1): UNAVAILABLE,
    ("stavewise", 0): UNAVAILABLE,
}

# The posting without an id in the incident above.
NAMELESS_KEY = "member-services-manager-dublin"

# Postings taken down for four days and put back: absent in two visits, so they close and reopen.
AWAY = {
    ("halfnote", "machine-learning-engineer-discovery-london"): (-7.4, -4.6),
    ("halfnote", "data-scientist-fair-exposure-stockholm"): (-7.1, -4.4),
    ("halfnote", "redaktör-svensk-musik-stockholm"): (-7.6, -4.7),
    ("bellwetherlund", "luthier-archtop-guitars-cremona"): (-7.2, -4.3),
    ("concordatrights", "data-scientist-match-quality-brussels"): (-7.3, -4.5),
    ("UndertowStage", "product-manager-crowd-safety-london"): (-7.5, -4.2),
    # Absent in one visit only: a flicker, which closes nothing.
    ("halfnote", "content-designer-london"): (-4.6, -3.4),
    ("marigoldwax", "release-manager-london"): (-12.8, -11.2),
}

# A new equal-opportunity paragraph on every posting of the label group, one morning.
NEW_EQUALITY = {"marigoldwax": -10.6}

# Days on which a board is touched without a change of meaning, with the share of its postings.
POLISHES = {
    "halfnote": ((-20.3, 0.12), (-5.4, 0.3)),
    "bellwetherlund": ((-26.2, 0.5), (-13.7, 0.9), (-3.5, 0.6)),
    "concordatrights": ((-30.4, 0.4), (-16.6, 0.8), (-5.2, 1.0), (-1.3, 0.5)),
    "UndertowStage": ((-14.2, 0.35),),
    "quiet-carriage": ((-19.5, 0.4),),
}


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of meaning in one posting: the fields of `Advert` that take new values on a day."""

    board: str
    key: str
    day: float
    changes: dict[str, Any]


def _edit(board: str, key: str, day: float, **changes: Any) -> Edit:
    return Edit(board, key, day, changes)


def _towns(*keys: str) -> tuple[Any, ...]:
    return tuple(places()[key] for key in keys)


@cache
def edits() -> dict[tuple[str, str], tuple[Edit, ...]]:
    """Give the changes of each posting in time order."""
    found: dict[tuple[str, str], list[Edit]] = defaultdict(list)
    for edit in sorted((*_halfnote(), *_neighbours()), key=lambda one: one.day):
        found[edit.board, edit.key].append(edit)
    return {posting: tuple(changes) for posting, changes in found.items()}


def _halfnote() -> tuple[Edit, ...]:
    return (
        # Payouts moves up a level, then finds that nobody wants to come in every day.
        _edit("halfnote", "backend-engineer-payouts-newyork", -31.2, title="Senior Backend Engineer - Payouts"),
        _edit(
            "halfnote",
            "backend-engineer-payouts-newyork",
            -13.4,
            pay=Pay(152000, 188000, "USD", "year", in_field=False, in_text=True),
        ),
        _edit("halfnote", "backend-engineer-payouts-newyork", -4.3, model="hybrid"),
        # The playback team opens a third city, then gives one up.
        _edit(
            "halfnote",
            "senior-backend-engineer-playback-stockholm",
            -24.1,
            places=_towns("stockholm", "london", "berlin"),
        ),
        _edit(
            "halfnote", "senior-backend-engineer-playback-stockholm", -9.2, places=_towns("stockholm", "berlin")
        ),
        _edit(
            "halfnote",
            "backend-engineer-playback-stockholm",
            -17.3,
            notes=(
                (
                    "This year the team moves the player's session service from polling to a single event stream."
                    " You would join when the first two countries have switched and the interesting ones are still"
                    " to come."
                ),
            ),
        ),
        _edit("halfnote", "web-engineer-checkout-bengaluru", -19.5, department="Growth"),
        _edit("halfnote", "product-manager-concerts-and-tickets-losangeles", -16.2, team="Concerts"),
        _edit(
            "halfnote",
            "product-manager-concerts-and-tickets-losangeles",
            -5.6,
            pay=Pay(146000, 186000, "USD", "year", in_field=True, in_text=True),
        ),
        _edit(
            "halfnote",
            "senior-site-reliability-engineer-streaming-edge-stockholm",
            -27.3,
            tasks=("Prepare the network edge for the winter's two televised song contests",),
        ),
        _edit(
            "halfnote",
            "security-engineer-detection-london",
            -11.4,
            title="Security Engineer, Detection and Response",
            demands=("You are willing to be on call one week in seven, with a day off afterwards",),
        ),
        _edit(
            "halfnote", "music-editor-jazz-and-improvised-music-newyork", -20.7, title="Senior Music Editor, Jazz"
        ),
        _edit(
            "halfnote",
            "music-editor-folk-and-singer-songwriters-glasgow",
            -6.4,
            pay=Pay(40000, 48000, "GBP", "year", in_field=False, in_text=True),
        ),
        _edit("halfnote", "localisation-lead-nordics-copenhagen", -14.6, places=_towns("copenhagen", "oslo")),
        _edit("halfnote", "recruiter-commercial-teams-mexicocity", -8.7, terms="Permanent"),
        _edit(
            "halfnote",
            "user-researcher-listeners-in-growth-markets-nairobi",
            -3.6,
            demands=("Fluency in Swahili, Hausa, Yoruba or Amharic beside English",),
        ),
        _edit(
            "halfnote",
            "social-editor-nigeria-and-ghana-lagos",
            -2.5,
            terms="Permanent",
            model="hybrid",
            practice="hybrid",
        ),
        _edit("halfnote", "data-science-intern-london", -1.4, title="Data Science Intern, Autumn"),
        _edit(
            "halfnote",
            "research-scientist-music-understanding-paris",
            -15.8,
            notes=(
                (
                    "We have just opened a listening room for studies with up to twelve people at a time; helping"
                    " to shape its first year is part of the role."
                ),
            ),
        ),
        _edit("halfnote", "live-events-producer-london", -12.7, model="hybrid"),
        _edit("halfnote", "tax-manager-withholding-on-royalties-london", -22.9, department="Tax & Treasury"),
    )


def _neighbours() -> tuple[Edit, ...]:
    return (
        _edit("marigoldwax", "a-r-manager-latin-mexicocity", -18.9, places=_towns("mexicocity", "bogota")),
        _edit(
            "marigoldwax",
            "sync-licensing-coordinator-london",
            -7.2,
            title="Sync Licensing Manager, Advertising",
            pay=Pay(33000, 38000, "GBP", "year", in_field=False, in_text=True),
        ),
        _edit("marigoldwax", "royalties-assistant-manchester", -3.2, terms="Full-time"),
        _edit(
            "rosinstreet", "choir-leader-community-choirs-glasgow", -16.5, places=_towns("glasgow", "manchester")
        ),
        _edit(
            "rosinstreet",
            "guitar-teacher-glasgow",
            -9.6,
            pay=Pay(28.5, 32.5, "GBP", "hour", in_field=False, in_text=True),
        ),
        _edit(
            "bellwetherlund",
            "supply-chain-planner-north-america-nashville",
            -21.3,
            pay=Pay(76000, 92000, "USD", "year", in_field=True, in_text=False),
        ),
        _edit(
            "bellwetherlund",
            "brand-marketing-manager-anniversary-year-gothenburg",
            -11.5,
            department="Anniversary",
        ),
        _edit(
            "bellwetherlund",
            "embedded-engineer-keyboards-gothenburg",
            -4.4,
            demands=("Some experience with MIDI 2.0 or with the patience that standards need",),
        ),
        _edit(
            "concordatrights", "claims-specialist-online-video-brussels", -14.3, places=_towns("brussels", "lyon")
        ),
        _edit(
            "concordatrights", "data-protection-officer-zurich", -6.7, title="Data Protection Officer (80-100%)"
        ),
        _edit(
            "UndertowStage",
            "site-reliability-engineer-show-nights-remoteus",
            -10.4,
            pay=Pay(158000, 192000, "USD", "year", in_field=True, in_text=False),
        ),
        _edit(
            "UndertowStage", "embedded-engineer-wireless-in-ears-austin", -2.8, model="hybrid", practice="hybrid"
        ),
        _edit("quiet-carriage", "podcast-producer-daily-nairobi", -12.3, title="Senior Podcast Producer, Daily"),
        _edit("stavewise", "product-designer-copenhagen", -9.4, places=_towns("copenhagen", "remoteeurope")),
    )


def listed(board: str, day: float) -> list[Advert]:
    """Give the postings that stand on a board on a day, as they then read."""
    return [_as_of(advert, day) for advert in cast(board) if _stands(advert, day)]


@cache
def cast(board: str) -> tuple[Advert, ...]:
    """Give a board's postings; whoever has a part in the story is there before it and stays."""
    return tuple(_with_part(advert) for advert in adverts(board))


def _with_part(advert: Advert) -> Advert:
    days = [edit.day for edit in edits().get((advert.board, advert.key), ())]
    days += AWAY.get((advert.board, advert.key), ())[:1]
    if advert.board == "concordatrights" and advert.key == NAMELESS_KEY:
        days.append(-12)
    if not days:
        return advert
    return replace(advert, born=min(advert.born, min(days) - 5), gone=None)


def _stands(advert: Advert, day: float) -> bool:
    left, back = AWAY.get((advert.board, advert.key), (0.0, 0.0))
    return advert.born <= day < (advert.gone or 1) and not left <= day < back


def _as_of(advert: Advert, day: float) -> Advert:
    """Apply what happened to a posting until a day."""
    now, touched = advert, None
    for edit in edits().get((advert.board, advert.key), ()):
        if edit.day <= day:
            now, touched = replace(now, **edit.changes), edit.day
    renewed = NEW_EQUALITY.get(advert.board)
    if renewed is not None and renewed <= day:
        now = replace(now, equality="second")
    polish = 0
    for when, share in POLISHES.get(advert.board, ()):
        if advert.born < when <= day and fraction(advert.board, advert.key, str(when)) < share:
            polish, touched = polish + 1, max(when, touched or when)
    return replace(now, polish=polish, touched=touched)
