"""Which language a reader is given, of those they want and those there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bandmate.kernel.languages.catalogues import wider

_LONGEST = 1_000
"""Characters of a header that are looked at; browsers send a tenth of it."""


def wanted_languages(header: str) -> tuple[str, ...]:
    """Read ``Accept-Language`` (RFC 9110, 12.5.4): tags by falling quality, those of quality 0 left out."""
    found: list[tuple[float, str]] = []
    for entry in header[:_LONGEST].split(","):
        tag, *parameters = (part.strip() for part in entry.split(";"))
        quality = quality_in(parameters)
        if tag and quality > 0:
            found.append((quality, tag))
    return tuple(tag for _, tag in sorted(found, key=lambda one: -one[0]))


def best_language(wanted: Iterable[str], offered: Collection[str]) -> str | None:
    """Return the offered language that fits best, or None where none fits (RFC 4647, 3.4: lookup).

    Each wanted tag is tried whole, then without its last subtags, before the next one is. ``*`` asks for nothing
    in particular, so the caller's default answers it.
    """
    known = {tag.lower(): tag for tag in offered}
    for tag in wanted:
        for one in wider(tag.lower()):
            if one in known:
                return known[one]
    return None


def quality_in(parameters: Iterable[str]) -> float:
    """Return the quality among the parameters of an entry (RFC 9110, 12.4.2): 1 where none is given."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
