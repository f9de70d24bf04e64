"""A job query as it stands in an address: names and values of a query string, read and written the same way.

Pages and API share this, so that the address of a page and the request that gets it by the API differ in their
path alone. A filter with several values is repeated: ``city=Berlin&city=Paris``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from bandmate.kernel.clock import parse_rfc3339, rfc3339
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.languages import gettext as _
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery, Sort

Pairs = Iterable[tuple[str, str]]
"""Names and values of a query string in their order, as ``request.query_params.multi_items()`` gives them."""

LONGEST_TEXT = 500
MOST_VALUES = 50
"""Values of one filter; nobody ticks more boxes, and each is looked up."""

_END_OF_DAY = time(23, 59, 59, 999_000)
"""The last instant of a day that a clock of milliseconds knows."""

_ACTIVE = {"true": (Status.ACTIVE, Status.EXPIRED), "false": (Status.DELETED,)}


def read_query(
    pairs: Pairs, *, default_status: tuple[Status, ...] = (), besides: Collection[str] | None = None
) -> JobQuery:
    """Read a query from the names and values of an address; empty values count as absent, as forms send them.

    Instants are RFC 3339, or a day, which means all of that day in UTC. ``active=true`` stands for the statuses
    active and expired (the board still lists them), ``active=false`` for deleted.

    Args:
        pairs: what the address holds.
        default_status: the statuses meant when the address names none.
        besides: further names the caller understands; any other name is refused. None ignores unknown names.

    Raises:
        InvalidInput: with a sentence for each value that cannot be used; ``extra["errors"]`` has their pointers.
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            # A space behind the last word says that it is finished (engines.search.Query), so words keep theirs.
            given.setdefault(name, []).append(value if name == "q" else value.strip())
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, written in given.items():
        try:
            if name in _READERS:
                values[name] = _READERS[name](written)
            elif name == "active":
                values["status"] = _active(written, given)
            elif besides is not None and name not in besides:
                wrong.append(
                    (
                        name,
                        _("there is no parameter of this name; there are {names}").format(
                            names=", ".join(sorted(_READERS))
                        ),
                    )
                )
        except ValueError as error:
            wrong.append((name, str(error)))
    if wrong:
        raise InvalidInput(
            _("{mistakes}.").format(
                mistakes="; ".join(_("{name}: {message}").format(name=name, message=text) for name, text in wrong)
            ),
            errors=[{"pointer": f"/query/{name}", "message": message} for name, message in wrong],
        )
    return JobQuery(**{"status": default_status, **values})


def write_query(query: JobQuery) -> list[tuple[str, str]]:
    """Return the names and values that ``read_query`` reads back as the same query, in the order of its fields."""
    pairs = []
    for field in fields(JobQuery):
        value = getattr(query, field.name)
        if value == field.default:
            continue
        values = value if isinstance(value, tuple) else (value,)
        pairs += [(field.name, _written(field.name, one)) for one in values]
    return pairs


def query_string(query: JobQuery, **further: str) -> str:
    """Return the query as the part of an address behind the question mark, percent-encoded."""
    return urlencode([*write_query(query), *further.items()], errors="replace")


def _written(name: str, value: object) -> str:
    if isinstance(value, datetime):
        whole = time() if name.endswith("_after") else _END_OF_DAY
        utc = value.astimezone(UTC)
        return utc.date().isoformat() if utc.time() == whole else rfc3339(utc)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value)


def _one(written: list[str]) -> str:
    if len(set(written)) > 1:
        raise ValueError(_("give it once"))
    return written[0]


def _text(written: list[str]) -> str:
    text = _one(written)
    if len(text) > LONGEST_TEXT:
        raise ValueError(
            _("it has {count} characters; {most} are enough").format(count=len(text), most=LONGEST_TEXT)
        )
    if "\x00" in text:
        raise ValueError(_("it holds a NUL character; leave it out"))
    return text


def _amount(written: list[str]) -> float:
    try:
        amount = float(_one(written))
    except ValueError as error:
        raise ValueError(_no_amount(written[0])) from error
    if not math.isfinite(amount) or amount < 0:
        raise ValueError(_no_amount(written[0]))
    return amount


def _no_amount(written: str) -> str:
    return _("{written} is no amount; write it in digits, such as 60000").format(written=repr(written))


def _yes_or_no(written: list[str]) -> bool:
    word = _one(written).lower()
    if word not in {"true", "false"}:
        raise ValueError(_("{written} is neither true nor false").format(written=repr(word)))
    return word == "true"


def _instant(*, end_of_day: bool) -> Callable[[list[str]], datetime]:
    def read(written: list[str]) -> datetime:
        text = _one(written)
        try:
            return datetime.combine(date.fromisoformat(text), _END_OF_DAY if end_of_day else time(), UTC)
        except ValueError:
            try:
                return parse_rfc3339(text)
            except (ValueError, OverflowError) as error:
                raise ValueError(
                    _("{written} is no time; write 2026-06-10 or 2026-06-10T07:56:48Z").format(written=repr(text))
                ) from error

    return read


Value = TypeVar("Value")


def _several(read: Callable[[str], Value]) -> Callable[[list[str]], tuple[Value, ...]]:
    def read_all(written: list[str]) -> tuple[Value, ...]:
        values = tuple(dict.fromkeys(map(read, written)))
        if len(values) > MOST_VALUES:
            raise ValueError(
                _("{count} values are more than the {most} that fit in one query").format(
                    count=len(values), most=MOST_VALUES
                )
            )
        return values

    return read_all


def _name(text: str) -> str:
    return _text([text])


def _lower(text: str) -> str:
    return _name(text).lower()


def _upper(text: str) -> str:
    return _name(text).upper()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValueError(
            _("{written} is no id; an id looks like 72fe3b06-0d08-4f7d-9dfd-beedeeda0a25").format(
                written=repr(text[:60])
            )
        ) from error


Choice = TypeVar("Choice", bound=StrEnum)


def _choice(choices: type[Choice]) -> Callable[[str], Choice]:
    def read(text: str) -> Choice:
        try:
            return choices(text.lower())
        except ValueError as error:
            raise ValueError(
                _("{written} is unknown; choose {names}").format(written=repr(text[:60]), names=", ".join(choices))
            ) from error

    return read


def _active(written: list[str], given: Collection[str]) -> tuple[Status, ...]:
    if "status" in given:
        raise ValueError(_("give either active or status, not both"))
    word = _one(written).lower()
    if word not in _ACTIVE:
        raise ValueError(_("{written} is neither true nor false").format(written=repr(word)))
    return _ACTIVE[word]


_READERS: dict[str, Callable[[list[str]], Any]] = {
    "q": _text,
    "title": _text,
    "org_id": _several(_id),
    "board_id": _several(_id),
    "company": _several(_name),
    "provider": _several(_lower),
    "department": _several(_name),
    "team": _several(_name),
    "country": _several(_upper),
    "region": _several(_name),
    "city": _several(_name),
    "work_model": _several(_lower),
    "employment_type": _several(_lower),
    "language": _several(_lower),
    "occupation": _several(_name),
    "skill": _several(_name),
    "salary_currency": _several(_upper),
    "salary_min": _amount,
    "salary_max": _amount,
    "salary_exists": _yes_or_no,
    **{
        f"{clock}_{side}": _instant(end_of_day=side == "before")
        for clock in ("posted", "updated", "changed", "first_seen")
        for side in ("after", "before")
    },
    "status": _several(_choice(Status)),
    "sort": lambda written: _choice(Sort)(_one(written)),
}
