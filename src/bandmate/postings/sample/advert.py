"""What a sample posting is before any provider writes it in its own shape."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town with an office, or a remote region (then `city` is empty and `country` may be)."""

    key: str
    written: str
    city: str
    region: str
    country: str
    code: str

    @property
    def full(self) -> str:
        """The place with region and country, as Greenhouse offices show it."""
        parts = dict.fromkeys(part for part in (self.city, self.region, self.country) if part)
        return ", ".join(parts) or self.written


@dataclass(frozen=True, slots=True)
class Pay:
    """A pay range in major units of `currency` for each `period` (hour, day, month, year)."""

    low: float
    high: float
    currency: str
    period: str
    in_field: bool
    in_text: bool


@dataclass(frozen=True, slots=True)
class Role:
    """The text of a kind of work, in one language (ISO 639-1)."""

    key: str
    language: str
    department: str
    pitch: str
    do: tuple[str, ...]
    need: tuple[str, ...]
    plus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advert:
    """One posting at one time.

    `model` is the work model in the provider's field, `practice` the one its text describes. `born`, `gone` and
    `touched` (the last touch, of whatever kind) are days relative to the anchor: -8 is eight days before it.
    `terms` are the employment terms as the provider's field has them, `polish` counts touches without meaning.
    """

    board: str
    key: str
    role: Role
    title: str
    department: str
    team: str
    places: tuple[Place, ...]
    model: str
    practice: str
    terms: str
    pay: Pay | None
    born: float
    gone: float | None
    notes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    equality: str = "first"
    polish: int = 0
    touched: float | None = None

    @property
    def place(self) -> Place:
        """The first of the places."""
        return self.places[0]
