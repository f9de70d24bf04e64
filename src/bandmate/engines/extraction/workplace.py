"""Where the work is done: remote, hybrid or on site.

Only the sentences that hold a word of the matter are read closely, so that the time is linear in the text. Days
in the office say more than the word "hybrid", that more than "remote", and that more than "on site".
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bandmate.engines.extraction.sentences import sentences_with

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


_HYBRID_WORDS = ("hybrid", "híbrid", "mix of", "télétravail", "teletravail")
_REMOTE_WORDS = ("remot", "from anywhere", "from home", "office", "teletrabajo", "télétravail", "teletravail")
_WORK_DAYS = 5
_NUMBER = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "once": 1, "twice": 2}
_STEMS = (
    "hybrid", "híbrid", "remot", "from home", "from anywhere", "homeoffice", "wfh", "onsite", "on-site", "on site",
    "office", "in-person", "in person", "week", "woche", "semaine", "semana", "teletrabajo", "télétravail",
    "vor ort", "presencial",
)  # fmt: skip

_COUNT = re.compile(
    r"\b(?P<count>[1-5]|one|two|three|four|five)(?:\s?(?:-|–|to|or)\s?(?:[1-5]|two|three|four|five))?\+?"
    r"[ -](?:(?:full|in[- ]office|office|on-?site|remote|wfh)[ -])?(?:days?|times|x|tage?n?|jours|"
    r"d[ií]as)\b(?P<week>(?: of the| out of (?:the|a|[57] days?))?"
    r"\s?(?:/|a|per|each|every|in a|in the|pro|par|por|die|la)?[ -]?\s?(?:work ?)?(?:week|woche|semaine|"
    r"semana)\b)?"
    r"|\b(?P<adverb>once|twice) (?:a|per|each) week\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?:offices?|hq|headquarters|on-?\s?site|in[- ]person|hybrid|come in|studio|co-?working|b[üu]ro|bureau|"
    r"oficina|"
    r"in[- ]office|vor ort|presencial)\b",
    re.IGNORECASE,
)
_NOT_OFFICE_DAYS = re.compile(
    r"\b(?:vacation|holiday|leave|pto|paid|sick|travel(?:ling|ing)?|off|respond|response|within|business days|"
    r"interview"
    r"|workshop|process|training|notice|month|quarter|year|events?|retreat|customers?|clients?|shift|volunteer)\b",
    re.IGNORECASE,
)
_AT_HOME = re.compile(
    r"^[^,.;]{0,20}\b(?:remote(?:ly)?|from home|wfh|home\s?-?office|t[ée]l[ée]travail|teletrabajo)\b",
    re.IGNORECASE,
)

_HYBRID = re.compile(
    r"\bhybrid(?:\s|-)*(?:(?:remote|flexible|in[- ]office|office)(?:\s|/)*)?"
    r"(?:work(?:ing|place)?\b|roles?|positions?|schedules?|environment|set-?up|arrangements?|polic(?:y|ies)|"
    r"culture|"
    r"team|company|office|job|opportunity|in\b|from\b|based|basis|location|at\b|with \w+ days?|format)"
    r"|\bhybrid (?:model|mode|approach)\b(?=[^.\n]{0,80}(?:office|home|remote|in[- ]person|week|work))"
    r"|\b(?:location|work(?:place|ing)?(?: (?:type|model|mode|style|arrangement|policy))?|role|position|type)\b"
    r"(?: is| will be|:|\s-)\s?(?:an? |fully |primarily )?hybrid\b"
    r"|\(hybrid\)|^[-• ]*hybrid[ ,.:(-]*$|\bhybrides (?:arbeiten|modell)|\bmodelo h[ií]brido|"
    r"\bt[ée]l[ée]travail partiel"
    r"|\bmix of (?:remote|in[- ](?:office|person))\b|\b(?:is|are|we're|we are) hybrid\b|\bhybrid,? \d",
    re.IGNORECASE,
)
_REMOTE = re.compile(
    r"\b(?:fully|100 ?%|completely|entirely|permanently|all)[- ]remote\b|\bremote[- ](?:first|native|only)\b"
    r"|\bremote\b(?:,? ?\w+){0,2}? (?:role|position|job|opportunity|contract|company|team|workforce|"
    r"organi[sz]ation)\b"
    r"|\b(?:role|position|job|opportunity|team|company|we)(?: is| are| can be|'re|’re| will be| may be)"
    r"(?: \w+){0,2}? remote(?:ly)?\b(?! (?:office|site))"
    r"|\b(?:location|workplace|work type|based)\s?[:-]\s?(?:\w+,? ){0,3}\(?remote\b|\bwork(?:ing)? remotely\b"
    r"|\bwork from anywhere\b(?! (?:month|weeks?|days?|program|policy|perk|for|up to))|\bremote (?:within|from|"
    r"in|anywhere|\((?:us|uk|eu|europe|canada|usa|global))\b"
    r"|^[-• ]*remote[ ,.:(-]*(?:us|usa|uk|eu|europe|canada)?\)?$|\bremote work (?:environment|setting|culture)\b"
    r"|\b(?:100 ?%|komplett|voll) (?:remote|home\s?-?office)\b|\b100 ?% (?:t[ée]l[ée]travail|remoto|"
    r"teletrabajo)\b",
    re.IGNORECASE,
)
_ON_SITE = re.compile(
    r"\b(?:fully |full-time |100 ?% |strictly |primarily )?(?:on-?\s?site|in[- ]office|in[- ]person)[, ]"
    r"(?:\w+[- ]){0,2}?(?:role|position|job|opportunity|company|culture|team|work environment|only|at our|"
    r"in our|in \w+)\b"
    r"|\b(?:role|position|job|we)(?: is| are|'re|’re| will be| requires?)(?: \w+){0,3}? (?:on-?\s?site|"
    r"in[- ](?:office|person))\b"
    r"|\b(?:location|workplace|work type)\s?:\s?(?:\w+,? ){0,3}\(?(?:on-?\s?site|in[- ]office|in[- ]person)\b"
    r"|\b(?:fully|100 ?%) (?:on-?\s?site|in[- ](?:office|person))\b|\bwork (?:fully )?(?:on-?\s?site|"
    r"in[- ]person)\b"
    r"|^[-• ]*(?:on-?site|in[- ](?:office|person))[ ,.:(-]*$",
    re.IGNORECASE,
)
_NOT_REMOTE = re.compile(
    r"\b(?:not|no|isn['’]t|aren['’]t|non|never|cannot|can['’]t|unable to|without|don['’]t|nicht|kein|pas)\b[ -]"
    r"(?:\w+[ -]){0,6}?(?:remote(?:ly)?|home\s?-?office|work(?:ing)? from home)\b"
    r"|\bremote (?:work |working |candidates |applicants |option )?(?:is |are |will )?(?:not|cannot|can['’]t|"
    r"n['’]t)\b",
    re.IGNORECASE,
)
_OF_THE_PERSON = re.compile(
    r"^(?:\W|\w+ )?(?:[\w+-]+ ){0,3}?(?:experience|comfort(?:able)?|familiar\w*|proven|you['’]ve)\b", re.IGNORECASE
)
"""A sentence about what the candidate brings ("Experience in a remote team") says nothing about the place."""
_HYBRID_OF = re.compile(
    r"\bhybrid (?:\w+ )?(?:that )?(?:of|between|combin\w+|blend\w*|spanning)\b|\bhybrid (?:role|position)\s?:",
    re.IGNORECASE,
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|necessarily)\b|\bno matter\b|\bno, ", re.IGNORECASE)


def find_workplace(text: str) -> WorkplaceFinding | None:
    """What a description says about the place of work; None where it says nothing clear.

    The strongest statement wins (days in the office, hybrid, not remote, remote, on site), the first among
    equals. Five days in the office are on site. ``quote == text[start:end]`` is the sentence that says it.
    """
    best: tuple[int, WorkplaceFinding] | None = None
    for start, end in sentences_with(text, _STEMS):
        judged = _judge(text[start:end])
        if judged is None:
            continue
        rank, value, days = judged
        if best is None or rank < best[0]:
            best = rank, WorkplaceFinding(value, start, end, text[start:end], days)
            if rank == 0:
                break
    return best[1] if best else None


def _judge(sentence: str) -> tuple[int, Workplace, int | None] | None:
    """(rank, value, days in the office) of one sentence; rank 0 is the strongest statement."""
    days = _office_days(sentence)
    if days is not None:
        return 0, "on_site" if days >= _WORK_DAYS else "hybrid", days
    if _OF_THE_PERSON.search(sentence):
        return None
    words = sentence.lower()
    if (
        any(word in words for word in _HYBRID_WORDS)
        and _HYBRID.search(sentence)
        and not _HYBRID_OF.search(sentence)
    ):
        return 1, "hybrid", None
    if any(word in words for word in _REMOTE_WORDS):
        if _NOT_REMOTE.search(sentence) and not _NOT_ONLY.search(sentence):
            return 2, "on_site", None
        if _REMOTE.search(sentence):
            return 3, "remote", None
    return (4, "on_site", None) if _ON_SITE.search(sentence) else None


def _office_days(sentence: str) -> int | None:
    """Days a week in the office, if the sentence counts them."""
    for count in _COUNT.finditer(sentence):
        weekly = bool(count["week"] or count["adverb"])
        at_home = "remote" in count.group().lower() or (weekly and bool(_AT_HOME.match(sentence[count.end() :])))
        if not weekly and not _OFFICE.search(sentence, count.end(), count.end() + 40):
            continue
        if not (at_home or _OFFICE.search(sentence)) or _NOT_OFFICE_DAYS.search(sentence):
            continue
        word = (count["count"] or count["adverb"]).lower()
        days = _NUMBER.get(word) or int(word)
        return _WORK_DAYS - days if at_home else days
    return None


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


def workplace_from_location(text: str) -> Workplace | None:
    """``"Remote - US"`` is remote, ``"Hybrid, Berlin"`` hybrid, ``"Austin (On-site)"`` on site; else None."""
    if _LOCATION_HYBRID.search(text):
        return "hybrid"
    if _LOCATION_REMOTE.search(text):
        return "on_site" if _LOCATION_NOT_REMOTE.search(text) else "remote"
    return "on_site" if _LOCATION_ON_SITE.search(text) else None
