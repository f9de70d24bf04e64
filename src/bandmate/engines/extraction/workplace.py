"""Where the work is done: remote, hybrid or on site.

Only the sentences that hold a word of the matter are read closely, so that the time is linear in the text. Days
in the office say more than the word "hybrid", that more than "remote", and that more than "on site".
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bandmate.engines.extraction.sentences import lowered, sentences_with
from bandmate.engines.extraction.wording import Days, Wording
from bandmate.engines.extraction.wording_english import ENGLISH
from bandmate.engines.extraction.wording_languages import other_languages

Workplace = Literal["remote", "hybrid", "on_site"]


@dataclass(frozen=True, slots=True)
class WorkplaceFinding:
    """What a text says about the place of work, with the words that say it."""

    value: Workplace
    start: int
    end: int
    quote: str
    days_per_week: int | None
    """Days a week in the office (the least, where a range is given); None where the text does not count them."""


_WORK_DAYS = 5
_DAYS, _HYBRID, _NOT_REMOTE, _REMOTE, _ON_SITE, _REMOTE_COMPANY, _AT_OUR_PLACE, _NOTHING = range(8)
"""Kinds of statement, the strongest first."""
_OF_THE_PERSON = re.compile(
    r"^(?:\W|\w+ )?(?:[\w+-]+ ){0,3}?(?:experience|comfort(?:able)?|familiar\w*|proven|prefer(?:ence)?|"
    r"you['’]ve)\b",
    re.IGNORECASE,
)
"""A sentence about what the candidate brings ("Experience in a remote team") says nothing about the place."""
_HYBRID_OF = re.compile(
    r"\bhybrid (?:\w+ )?(?:that )?(?:of|between|combin\w+|blend\w*|spanning)\b|\bhybrid (?:role|position)\s?:",
    re.IGNORECASE,
)

_Judgement = tuple[int, Workplace, int | None]
"""(rank, value, days in the office)."""


def find_workplace(text: str) -> WorkplaceFinding | None:
    """What a description says about the place of work; None where it says nothing clear.

    The strongest statement wins (days in the office, hybrid, not remote, remote, on site, then what is said of the
    employer in general), the first among equals; sentences about the candidate's experience are passed over.
    """
    best: tuple[int, WorkplaceFinding] | None = None
    wordings = (ENGLISH, *other_languages(lowered(text)))
    for start, end in sentences_with(text, _stems_of(wordings)):
        judged = _judge(text[start:end], wordings, best[0] if best else _NOTHING)
        if judged:
            rank, value, days = judged
            best = rank, WorkplaceFinding(value, start, end, text[start:end], days)
            if rank == _DAYS:
                break
    return best[1] if best else None


@cache
def _stems_of(wordings: tuple[Wording, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem for wording in wordings for stem in wording.stems))


def _judge(sentence: str, wordings: tuple[Wording, ...], below: int) -> _Judgement | None:
    """The strongest statement of one sentence in any of its languages, if its rank is under ``below``."""
    words = sentence.lower()
    person: bool | None = None
    best: _Judgement | None = None
    for wording in wordings:
        if not any(stem in words for stem in wording.stems):
            continue
        days = _office_days(sentence, words, wording.days)
        if days is not None:
            return _DAYS, "on_site" if days >= _WORK_DAYS else "hybrid" if days else "remote", days
        if person is None:
            person = bool(_OF_THE_PERSON.search(sentence))
        judged = None if person else _stated(sentence, words, wording, below)
        if judged:
            best, below = judged, judged[0]
    return best


def _stated(sentence: str, words: str, wording: Wording, below: int) -> _Judgement | None:
    """What a sentence says that counts no days; one exit for each of six ranks, tried while it can still win."""
    if (
        below > _HYBRID
        and any(word in words for word in wording.hybrid_words)
        and wording.hybrid.search(sentence)
        and not _HYBRID_OF.search(sentence)
    ):
        return _HYBRID, "hybrid", None
    if below > _NOT_REMOTE and any(word in words for word in wording.remote_words):
        if wording.not_remote.search(sentence) and not wording.not_only.search(sentence):
            return _NOT_REMOTE, "on_site", None
        if below > _REMOTE and wording.remote.search(sentence):
            return _REMOTE, "remote", None
    if below > _ON_SITE and wording.on_site.search(sentence):
        return _ON_SITE, "on_site", None
    if below > _REMOTE_COMPANY and wording.remote_company.search(sentence):
        return _REMOTE_COMPANY, "remote", None
    return (
        (_AT_OUR_PLACE, "on_site", None)
        if below > _AT_OUR_PLACE and wording.at_our_place.search(sentence)
        else None
    )


def _office_days(sentence: str, words: str, days: Days) -> int | None:
    """Days a week in the office (the least), if the sentence counts them."""
    if not any(noun in words for noun in days.nouns):
        return None
    for count in days.count.finditer(sentence):
        after = sentence[count.end() : count.end() + 60]
        at_home = (
            days.home.search(count.group())
            or days.home_after.match(after)
            or days.home_before.search(sentence, max(0, count.start() - 40), count.start())
        )
        weekly = count["week"] is not None or " of " in count.group()
        if not (at_home or weekly or days.office.search(after[:40])):
            continue
        if not (at_home or days.office.search(sentence) or _rest_at_home(sentence, days)):
            continue
        if days.otherwise.search(sentence):
            return None
        low = _value(count["low"], days)
        return max(0, _WORK_DAYS - _value(count["high"] or count["low"], days)) if at_home else low
    return None


def _rest_at_home(sentence: str, days: Days) -> bool:
    """Whether the sentence leaves the other days to the person: "and work from home on the remaining days"."""
    return bool(days.rest.search(sentence) and days.home.search(sentence))


def _value(number: str, days: Days) -> int:
    return days.numbers.get(number.lower()) or int(number)


_LOCATION_HYBRID = re.compile(r"\bh[yí]brid[aeo]?\b|\bin[- ]office [a-z](?:,|\b)", re.IGNORECASE)
_LOCATION_REMOTE = re.compile(
    r"\bremote(?:ly)?\b|\bremoto\b|\bwork from home\b|\bwfh\b|\bhome\s?-?office\b|\banywhere\b|"
    r"\bt[ée]l[ée]travail\b"
    r"|\bteletrabajo\b|\bvirtual\b|\bdistributed\b|\bworldwide\b",
    re.IGNORECASE,
)
_LOCATION_ON_SITE = re.compile(
    r"\bon-?\s?site\b|\bin[- ](?:office|person)\b|\bpresencial\b|\bvor ort\b", re.IGNORECASE
)
_LOCATION_NOT_REMOTE = re.compile(r"\b(?:no|not|non)[- ](?:\w+ )?remote\b", re.IGNORECASE)


_OR = re.compile(r"\s+(?:or|oder|ou|eller|of)\s+", re.IGNORECASE)


def workplace_from_location(text: str) -> Workplace | None:
    """``"Remote - US"`` is remote, ``"Hybrid, Berlin"`` hybrid, ``"Austin (On-site)"`` on site; else None.

    Who may choose ("Berlin (hybrid) or remote") may work remotely.
    """
    if _LOCATION_HYBRID.search(text):
        choices = _OR.split(text)
        return "remote" if len(choices) > 1 and any(map(_is_remote, choices)) else "hybrid"
    if _LOCATION_REMOTE.search(text):
        return "on_site" if _LOCATION_NOT_REMOTE.search(text) else "remote"
    return "on_site" if _LOCATION_ON_SITE.search(text) else None


def _is_remote(choice: str) -> bool:
    return bool(_LOCATION_REMOTE.search(choice)) and not (
        _LOCATION_HYBRID.search(choice) or _LOCATION_NOT_REMOTE.search(choice)
    )
