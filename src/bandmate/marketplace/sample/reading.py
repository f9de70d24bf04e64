"""The files of the sample company: its trades, its places, and the skills that its people have."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_ESCO = "http://data.europa.eu/esco/skill/"


@dataclass(frozen=True, slots=True)
class Skill:
    """A concept of ESCO."""

    label: str

    @property
    def uri(self) -> str:
        """Return what identifies it everywhere."""
        return _ESCO + _identifiers()[self.label]


@dataclass(frozen=True, slots=True)
class Trade:
    """People who do the same kind of work."""

    key: str
    department: str
    share: float
    titles: tuple[str, ...]
    """Rising in grade; who bears the last one has people reporting to them."""
    skills: tuple[Skill, ...]
    """The first ones nearly everybody has, the last ones few."""
    works: tuple[str, ...]
    """What they work on, in words that fit after "for"."""


@dataclass(frozen=True, slots=True)
class Office:
    """A place of work."""

    city: str
    country: str
    time_zone: str
    share: float
    languages: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


@cache
def trades() -> tuple[Trade, ...]:
    """Return all trades; their shares are brought to a sum of 1."""
    held = _toml("families.toml")
    total = sum(one["share"] for one in held.values())
    return tuple(
        Trade(
            key=key,
            department=one["department"],
            share=one["share"] / total,
            titles=tuple(one["titles"]),
            skills=tuple(Skill(label) for label in one["skills"]),
            works=tuple(one["works"]),
        )
        for key, one in held.items()
    )


@cache
def offices() -> tuple[Office, ...]:
    """Return all offices, in fifteen countries."""
    return tuple(
        Office(
            city=city,
            country=country["code"],
            time_zone=time_zone,
            share=share,
            languages=tuple(country["languages"]),
            given=tuple(country["given"]),
            family=tuple(country["family"]),
        )
        for country in _toml("places.toml")["country"]
        for city, time_zone, share in country["offices"]
    )


def text(name: str) -> dict[str, Any]:
    """Return the sentences of one file."""
    return _toml(name)


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_file(name))


@cache
def _identifiers() -> dict[str, str]:
    held: dict[str, str] = json.loads(_file("skills.json"))
    return held


def _file(name: str) -> str:
    return (resources.files("bandmate.marketplace.sample") / "data" / name).read_text("utf-8")
