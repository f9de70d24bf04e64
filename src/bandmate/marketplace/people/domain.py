"""What an employee is, and what may stand in the directory about one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from bandmate.engines.extraction import country_code_of
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import GroupId

LONGEST_USER_NAME = 254
LONGEST_TEXT = 200
MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Stated:
    """What a company states about one of its people."""

    user_name: str
    """As ``user_name_key`` folds it."""
    display_name: str
    external_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    title: str | None = None
    department: str | None = None
    division: str | None = None
    location: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2, upper case."""
    time_zone: str | None = None
    """IANA name."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags, the preferred one first."""
    manager_id: PersonId | None = None
    start_date: date | None = None
    employee_number: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee(Stated):
    """A person as the company's directory knows them."""

    person_id: PersonId
    left_at: datetime | None
    source: str
    """Who wrote it last: ``scim``, ``csv``, ``sample``."""
    version: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Named people: those of a pilot, for example."""

    group_id: GroupId
    display_name: str
    members: int
    """How many of them are active employees."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The directory in figures."""

    active: int
    left: int
    without_email: int
    """Active people who have no address, and so no account."""
    without_manager: int
    changed_at: datetime | None
    """When it changed last."""


STATED = tuple(field.name for field in fields(Stated))
"""The names of what is stated, in order."""


def stated_by(employee: Employee) -> Stated:
    """Return what the directory states of an employee today."""
    return Stated(**{name: getattr(employee, name) for name in STATED})


def differences(before: Stated, after: Stated) -> tuple[str, ...]:
    """Return the names of what differs."""
    return tuple(name for name in STATED if getattr(before, name) != getattr(after, name))


def user_name_key(written: str) -> str:
    """Return the form in which two spellings of one user name are equal: NFKC, case folded, NFKC again (UAX #31).

    Raises:
        InvalidInput: when it cannot be a user name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).strip().casefold())
    if not folded or len(folded) > LONGEST_USER_NAME or not folded.isprintable():
        raise InvalidInput(
            _("A user name has 1 to {most} visible characters.").format(most=LONGEST_USER_NAME), field="user_name"
        )
    return folded


def shown_name(values: Mapping[str, Any]) -> str:
    """Return a display name for who has none: given and family name, else the user name."""
    named = " ".join(filter(None, (values.get("given_name"), values.get("family_name"))))
    return named or str(values["user_name"])


def parse_text(written: str, field: str) -> str | None:
    """Read a line of text; None when it is empty.

    Raises:
        InvalidInput: when it is too long or holds control characters.
    """
    words = " ".join(unicodedata.normalize("NFC", written).split())
    if len(words) > LONGEST_TEXT or not words.isprintable():
        raise InvalidInput(
            _("This is longer than {most} characters, or holds characters that cannot be seen.").format(
                most=LONGEST_TEXT
            ),
            field=field,
        )
    return words or None


def parse_country(written: str) -> str | None:
    """Read a country by its ISO 3166-1 alpha-2 code or its English name; None when it is empty.

    Raises:
        InvalidInput: when there is no such country.
    """
    words = written.strip()
    code = country_code_of(words) if words else None
    if words and code is None:
        raise InvalidInput(
            _("There is no country {country}. Write its two letters (ISO 3166), such as SE.").format(
                country=repr(words[:40])
            ),
            field="country",
        )
    return code


def parse_time_zone(written: str) -> str | None:
    """Read a time zone by its IANA name, whatever its case; None when it is empty.

    Raises:
        InvalidInput: when there is no such zone.
    """
    words = written.strip()
    if not words:
        return None
    found = _zones().get(words.casefold())
    if found is None:
        raise InvalidInput(
            _("There is no time zone {zone}. Write its IANA name, such as Europe/Stockholm.").format(
                zone=repr(words[:40])
            ),
            field="time_zone",
        )
    return found


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


# The shapes of RFC 5646, section 2.1, that people use: language, script, region, variants.
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?((?:-[a-z0-9]{5,8})*)")


def parse_language(written: str) -> str:
    """Read a language by its BCP 47 tag, with ``_`` for ``-`` too, and write it as RFC 5646, 2.1.1 recommends.

    Raises:
        InvalidInput: when it is no such tag.
    """
    found = _TAG.fullmatch(written.strip().lower().replace("_", "-"))
    if found is None:
        raise InvalidInput(
            _("{tag} is no language. Write its tag (BCP 47), such as sv or pt-BR.").format(
                tag=repr(written.strip()[:40])
            ),
            field="languages",
        )
    language, script, region, variants = found.groups()
    parts = [language, script.title() if script else "", region.upper() if region else ""]
    return "-".join(filter(None, parts)) + variants


def parse_languages(written: list[str]) -> tuple[str, ...]:
    """Read languages, each once, in their order.

    Raises:
        InvalidInput: when one is no tag, or there are too many.
    """
    tags = tuple(dict.fromkeys(map(parse_language, written)))
    if len(tags) > MOST_LANGUAGES:
        raise InvalidInput(
            _("More than {most} languages are not kept for one person.").format(most=MOST_LANGUAGES),
            field="languages",
        )
    return tags


def parse_day(written: str) -> date | None:
    """Read a day as ``2026-03-01``, or the day of an RFC 3339 instant; None when it is empty.

    Raises:
        InvalidInput: when it is no day.
    """
    words = written.strip()
    try:
        return date.fromisoformat(words[:10] if "T" in words else words) if words else None
    except ValueError as error:
        raise InvalidInput(
            _("{day} is no day. Write it as 2026-03-01.").format(day=repr(words[:40])), field="start_date"
        ) from error


def manager_circle(managers: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the first circle among who reports to whom, from its first member back to them; empty when none.

    Args:
        managers: each person, and their manager or None; managers who are no key report to nobody.
    """
    done: set[str] = set()
    for start in managers:
        way: dict[str, int] = {}
        here: str | None = start
        while here is not None and here not in done and here not in way:
            way[here] = len(way)
            here = managers.get(here)
        if here is not None and here in way:
            circle = list(way)[way[here] :]
            return (*circle, here)
        done.update(way)
    return ()
