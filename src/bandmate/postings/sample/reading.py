"""Read the material beside this module: places, roles, companies, phrases and the postings of each board."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bandmate.postings.sample.advert import Advert, Pay, Place, Role
from bandmate.postings.sample.chance import fraction

_MATERIAL = files("bandmate.postings.sample") / "material"
_PAY = re.compile(r"(?P<currency>[A-Z]{3}) (?P<low>[\d.]+)-(?P<high>[\d.]+)/(?P<period>\w+) @(?P<where>\w+)")

# The demo looks six weeks back; about two thirds of the postings were there before.
FIRST_DAY = -43.0


@dataclass(frozen=True, slots=True)
class Company:
    """The voice of an employer: its texts by language, its teams in a sentence each."""

    name: str
    provider: str
    board: str
    intro: dict[str, tuple[str, ...]]
    offer: dict[str, tuple[str, ...]]
    hiring: dict[str, tuple[str, ...]]
    equality: dict[str, dict[str, str]]
    headings: dict[str, tuple[str, ...]]
    teams: dict[str, str]


def _text(name: str) -> str:
    return (_MATERIAL / name).read_text(encoding="utf-8")


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Read a table whose columns are set apart by `|`; the first line names them."""
    header, *lines = _text(name).splitlines()
    columns = [column.strip() for column in header.split("|")]
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        yield dict(zip(columns, cells, strict=True))


@cache
def places() -> dict[str, Place]:
    """Give the places by key."""
    return {row["key"]: Place(**row) for row in _rows("places.psv")}


@cache
def roles() -> dict[str, Role]:
    """Give the roles by key; a file named by a language (`de.toml`) is written in it, all others in English."""
    found: dict[str, Role] = {}
    for file in sorted((_MATERIAL / "roles").iterdir(), key=lambda entry: entry.name):
        stem = file.name.removesuffix(".toml")
        for key, role in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found[key] = Role(
                key=key,
                language=stem if stem in phrases() else "en",
                department=role["department"],
                pitch=role["pitch"],
                do=tuple(role["do"]),
                need=tuple(role["need"]),
                plus=tuple(role.get("plus", ())),
            )
    return found


@cache
def phrases() -> dict[str, Any]:
    """Give, by language, the sentences that every company may use."""
    return tomllib.loads(_text("phrases.toml"))


@cache
def companies() -> tuple[Company, ...]:
    """Give the companies in the order of the file."""
    return tuple(
        Company(
            name=entry["name"],
            provider=entry["provider"],
            board=board,
            intro=_tuples(entry["intro"]),
            offer=_tuples(entry["offer"]),
            hiring=_tuples(entry.get("hiring", {})),
            equality=entry["equality"],
            headings=_tuples(entry.get("headings", {})),
            teams=entry.get("teams", {}),
        )
        for board, entry in tomllib.loads(_text("companies.toml")).items()
    )


def _tuples(lists: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(values) for key, values in lists.items()}


@cache
def adverts(board: str) -> tuple[Advert, ...]:
    """Give the postings of a board as they were first published."""
    return tuple(_advert(board, row) for row in _rows(f"boards/{board}.psv"))


def _advert(board: str, row: dict[str, str]) -> Advert:
    role = roles()[row["role"]]
    towns = tuple(places()[name] for name in row["places"].split(","))
    key = f"{slug(row['title'])}-{towns[0].key}"
    model, _, practice = row["model"].partition(">")
    born, gone = _life(board, key)
    return Advert(
        board=board,
        key=key,
        role=role,
        title=row["title"],
        department=role.department,
        team=row["team"],
        places=towns,
        model=model,
        practice=practice or model,
        terms=row["terms"],
        pay=_pay(row["pay"]),
        born=born,
        gone=gone,
    )


def slug(title: str) -> str:
    """Make a short key of a title; letters of every script stay."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def _pay(written: str) -> Pay | None:
    if not written:
        return None
    match = _PAY.fullmatch(written)
    if match is None:
        raise ValueError(f"The pay {written!r} of a sample board is not written as CUR low-high/period @where.")
    return Pay(
        low=float(match["low"]),
        high=float(match["high"]),
        currency=match["currency"],
        period=match["period"],
        in_field=match["where"] in {"field", "both"},
        in_text=match["where"] in {"text", "both"},
    )


def _life(board: str, key: str) -> tuple[float, float | None]:
    """Draw the days on which a posting appears and goes."""
    early = fraction(board, key, "early") < 0.66  # noqa: PLR2004 - two thirds stand from the beginning
    spread = fraction(board, key, "born")
    born = FIRST_DAY - 1 - 150 * spread**2 if early else FIRST_DAY * (1 - spread) * 0.97 - 0.4
    leaves = fraction(board, key, "leaves") < 0.22  # noqa: PLR2004 - about a fifth go within the six weeks
    gone = born + (9 + 25 * spread) if not early else FIRST_DAY * (1 - fraction(board, key, "gone")) * 0.9
    return born, gone if leaves and gone < 0 else None
