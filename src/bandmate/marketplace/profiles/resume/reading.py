"""From a JSON Resume to what may be taken from it: pure, and safe on hostile files.

A file is at most ``LARGEST`` bytes and ``DEEPEST`` levels deep; its texts lose markup and control characters and
are cut at what a field holds; what is no list, object or text where one belongs is passed over. Names, e-mail
addresses, telephone numbers, pictures, addresses, profiles elsewhere and references are not read at all.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from bandmate.engines.extraction import to_text
from bandmate.kernel.errors import InvalidInput, TooLarge
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.profiles import domain
from bandmate.marketplace.profiles.portfolio.domain import (
    EARLIEST,
    LONGEST_ORGANISATION,
    LONGEST_TITLE,
    LONGEST_WORDS,
    MOST_CLAIM_SKILLS,
    ClaimKind,
    ClaimText,
)

LARGEST = 256_000
DEEPEST = 8
MOST_CLAIMS = 150
MOST_SKILLS = 80

KIND_KEY = "bandmate:kind"
SKILLS_KEY = "bandmate:skills"
"""Members that our own export adds, so that what was taken along comes back as what it was."""

_MARKUP = re.compile(r"<[/!a-zA-Z]")
_DATE = re.compile(r"([12]\d{3})(?:-([01]\d)(?:-([0-3]\d))?)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that may become a claim. ``skills`` are words, not yet linked to the vocabulary."""

    said: ClaimText
    skills: tuple[str, ...]

    @property
    def key(self) -> str:
        """What names it among a person's imports: the same entry of the same file is the same claim."""
        begins = self.said.from_date.isoformat() if self.said.from_date else ""
        return f"resume|{self.said.kind}|{self.said.title}|{self.said.organisation}|{begins}"


@dataclass(frozen=True, slots=True)
class Resume:
    """What a file offers."""

    headline: str
    about: str
    interests: tuple[str, ...]
    skills: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""
        return not (self.headline or self.about or self.interests or self.skills or self.entries)


def read_resume(written: bytes) -> Resume:
    """Read a file.

    Raises:
        TooLarge: when it has more than ``LARGEST`` bytes.
        InvalidInput: when it is no JSON object, or too deep.
    """
    if len(written) > LARGEST:
        raise TooLarge(
            _("This file is larger than {size} kB. A résumé is text; leave pictures out.").format(
                size=LARGEST // 1000
            )
        )
    try:
        whole = orjson.loads(written)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            _("This is no JSON. Choose the file that your résumé tool exports as “JSON Resume”."), field="text"
        ) from error
    if not isinstance(whole, dict) or _depth(whole) > DEEPEST:
        raise InvalidInput(_("This JSON is no résumé in the JSON Resume format."), field="text")
    basics = whole.get("basics")
    basics = basics if isinstance(basics, dict) else {}
    return Resume(
        headline=_text(basics.get("label"), domain.LONGEST_HEADLINE),
        about=_text(basics.get("summary"), domain.LONGEST_ABOUT, lines=True),
        interests=_each_once(_text(each.get("name"), domain.LONGEST_ITEM) for each in _list(whole, "interests")),
        skills=_each_once(_skills(whole))[:MOST_SKILLS],
        entries=tuple(_entries(whole))[:MOST_CLAIMS],
    )


def _depth(whole: object) -> int:
    """Return how deep a value is nested, without recursion."""
    deepest, rest = 0, [(whole, 1)]
    while rest:
        value, depth = rest.pop()
        deepest = max(deepest, depth)
        if depth > DEEPEST:
            break
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        rest += [(each, depth + 1) for each in inner]
    return deepest


def _list(whole: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = whole.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(value: object, longest: int, *, lines: bool = False) -> str:
    if not isinstance(value, str):
        return ""
    visible = to_text(value) if _MARKUP.search(value) else value
    kept = domain.plain(visible, len(visible), "text", lines=lines)
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def _texts(value: object, longest: int) -> list[str]:
    return [text for each in value if (text := _text(each, longest))] if isinstance(value, list) else []


def _each_once(texts: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple({each.casefold(): each for each in texts if each}.values())


def _skills(whole: Mapping[str, Any]) -> Iterator[str]:
    for each in _list(whole, "skills"):
        yield _text(each.get("name"), domain.LONGEST_SKILL)
        yield from _texts(each.get("keywords"), domain.LONGEST_SKILL)


def _entries(whole: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield what a file tells of, section by section; what has no title is no entry."""
    for each in _list(whole, "work"):
        yield from _entry(each, ClaimKind.EXPERIENCE, ("position", "name"), "name", ("startDate", "endDate"))
    for each in _list(whole, "projects"):
        yield from _entry(each, ClaimKind.PROJECT, ("name",), "entity", ("startDate", "endDate"))
    for each in _list(whole, "volunteer"):
        role = ("position", "organization")
        yield from _entry(each, ClaimKind.EXPERIENCE, role, "organization", ("startDate", "endDate"))
    for each in _list(whole, "education"):
        names = ("area", "studyType", "institution")
        yield from _entry(each, ClaimKind.EDUCATION, names, "institution", ("startDate", "endDate"))
    for each in _list(whole, "certificates"):
        yield from _entry(each, ClaimKind.CERTIFICATE, ("name",), "issuer", ("date", "date"))
    for each in _list(whole, "awards"):
        yield from _entry(each, ClaimKind.RECOGNITION, ("title",), "awarder", ("date", "date"))
    for each in _list(whole, "publications"):
        yield from _entry(each, ClaimKind.PROJECT, ("name",), "publisher", ("releaseDate", "releaseDate"))


def _entry(
    each: Mapping[str, Any],
    kind: ClaimKind,
    titles: Sequence[str],
    organisation: str,
    dates: tuple[str, str],
) -> Iterator[Entry]:
    title = next((text for name in titles if (text := _text(each.get(name), LONGEST_TITLE))), "")
    if not title:
        return
    begins, ends = _day(each.get(dates[0]), last=False), _day(each.get(dates[1]), last=True)
    if begins and ends and ends < begins:
        begins, ends = None, None
    where = _text(each.get(organisation), LONGEST_ORGANISATION)
    yield Entry(
        ClaimText(
            kind=_kind(each.get(KIND_KEY), kind),
            title=title,
            words=_words(each),
            organisation="" if where == title else where,
            from_date=begins,
            to_date=ends,
        ),
        _each_once(_texts(each.get(SKILLS_KEY, each.get("keywords")), domain.LONGEST_SKILL))[:MOST_CLAIM_SKILLS],
    )


def _words(each: Mapping[str, Any]) -> str:
    summary = _text(each.get("summary", each.get("description")), LONGEST_WORDS, lines=True)
    points = [f"- {text}" for text in _texts(each.get("highlights"), LONGEST_WORDS)]
    points += [f"- {text}" for text in _texts(each.get("courses"), LONGEST_WORDS)]
    whole = "\n".join(part for part in (summary, *points) if part)
    return whole if len(whole) <= LONGEST_WORDS else whole[: LONGEST_WORDS - 1].rstrip() + "…"


def _kind(value: object, otherwise: ClaimKind) -> ClaimKind:
    return ClaimKind(value) if isinstance(value, str) and value in set(ClaimKind) else otherwise


def _day(value: object, *, last: bool) -> date | None:
    """Return the first or last day of a date of the schema: ``2024``, ``2024-06`` or ``2024-06-29``."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        month = month or (12 if last else 1)
        day = day or (monthrange(year or 0, month)[1] if last else 1)
        read = date(year or 0, month, day)
    except ValueError:
        return None
    return read if read >= EARLIEST else None
