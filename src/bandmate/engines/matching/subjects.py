"""What is compared: a person's side and an opportunity's side.

Neither has a field for a name, gender, age, photo, nationality, school, start date or gap in a career: what has no
field cannot count. Who adds a field here changes what may decide about people; a test lists the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Style = Mapping[str, int]
"""A way of working on the axes of ``STYLE_AXES``, each -1, 0 or 1; an axis that is not stated is left out."""

STYLE_AXES = ("pace", "structure", "contact", "feedback")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works; every field may be unknown."""

    country: str | None = None
    """ISO 3166-1 alpha-2."""
    location: str | None = None
    """Name of the office or town; compared without case."""
    utc_offset: int | None = None
    """Minutes east of UTC, at the time of matching."""


@dataclass(frozen=True, slots=True)
class Person:
    """What a person said about their work, as far as it may count."""

    has: Mapping[str, int | None] = field(default_factory=dict)
    """Skills by URI with their level from 1 to 5, None where none is stated."""
    wants: frozenset[str] = frozenset()
    """Skills they want to learn."""
    interests: tuple[frozenset[str], ...] = ()
    """Each interest as its words (``words_of``)."""
    target: Mapping[str, float] = field(default_factory=dict)
    """Skills of their declared target with their weight above 0."""
    target_words: frozenset[str] = frozenset()
    """Words of the target; they count where its skills are unknown."""
    hours_per_week: float | None = None
    available_from: date | None = None
    place: Place = Place()
    style: Style = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What an opportunity asks and gives."""

    wanted: Mapping[str, float] = field(default_factory=dict)
    """Skills by URI with their weight above 0."""
    learn: frozenset[str] = frozenset()
    """Skills one can learn in it."""
    words: frozenset[str] = frozenset()
    """Words of its title and texts (``words_of``)."""
    hours_per_week: float | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    place: Place = Place()
    work_model: str | None = None
    """``on_site``, ``hybrid``, ``remote``, or unknown."""
    style: Style = field(default_factory=dict)
    """How its host or mentor works."""
