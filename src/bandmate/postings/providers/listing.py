"""From the bytes of a board's answer to its elements by key, keeping every good one of a bad payload."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from bandmate.postings.providers.interface import Fault, Listing, RawPosting, UnreadablePayload
from bandmate.postings.providers.reading import (
    clean,
    decode,
    kind,
    pointer_to,
    quote,
    tolerant_decoder,
    tolerant_text,
)

_MOST_FAULTS = 100
_LONGEST_KEY = 200
_BETWEEN = re.compile(r"[\s,]*")


def split_array(payload: bytes) -> Listing:
    """Split a payload that is one array of postings (Lever).

    Raises:
        UnreadablePayload: when it is no array or nothing can be read.
    """
    try:
        document, faults = decode(payload)
    except UnreadablePayload as error:
        return _rescue(payload, r"\[", "", error)
    if not isinstance(document, list):
        raise UnreadablePayload(_wrong_shape(document, "an array of postings"))
    return _collect(document, "", faults)


def split_jobs(payload: bytes, *, total: tuple[str, str] | None = None) -> Listing:
    """Split a payload that is an object with the postings in ``jobs`` (Greenhouse, Ashby).

    Args:
        payload: the bytes of the answer.
        total: the object and the field in it that declare how many postings there are.

    Raises:
        UnreadablePayload: when it is no such object or nothing can be read.
    """
    try:
        document, faults = decode(payload)
    except UnreadablePayload as error:
        return _rescue(payload, r'\{(?:(?!"jobs").){0,2000}"jobs"\s*:\s*\[', "/jobs", error)
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        raise UnreadablePayload(_wrong_shape(document, "an object with an array “jobs”"))
    declared, wrong = _declared(document, total) if total else (None, ())
    return _collect(document["jobs"], "/jobs", (*faults, *wrong), declared)


def _declared(document: dict[str, Any], total: tuple[str, str]) -> tuple[int | None, tuple[Fault, ...]]:
    outer, inner = total
    holder = document.get(outer)
    value = holder.get(inner) if isinstance(holder, dict) else holder
    if value is None or (type(value) is int and value >= 0):
        return value, ()
    what = f"The declared total is {kind(value)}, a whole number was expected; it was not used."
    return None, (Fault(f"/{outer}/{inner}", what),)


def _wrong_shape(document: object, expected: str) -> str:
    if isinstance(document, dict):
        for name in ("error", "message", "errors"):
            if name in document:
                return f"The answer is an error document: it says {quote(str(document[name]))}."
        members = ", ".join(quote(name) for name in list(document)[:5]) or "nothing"
        return f"The answer is an object with {members}; {expected} was expected."
    return f"The answer is {kind(document)}; {expected} was expected."


def _rescue(payload: bytes, opening: str, at: str, error: UnreadablePayload) -> Listing:
    """Keep the elements that stand whole before the place where broken JSON breaks.

    Raises:
        UnreadablePayload: the given one, when there is none.
    """
    text = tolerant_text(payload)
    begin = re.match(r"\s*" + opening, text, re.DOTALL)
    if begin is None:
        raise error
    decoder, elements, position = tolerant_decoder(), list[Any](), begin.end()
    try:
        while True:
            position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing too
            element, position = decoder.raw_decode(text, position)
            elements.append(clean(element))
    except (json.JSONDecodeError, RecursionError):
        pass
    if not elements:
        raise error
    whole = f"The {len(elements)} postings before that place were kept." if len(elements) > 1 else "One was kept."
    fault = Fault(pointer_to(at, len(elements)), f"{error.detail} {whole}", fatal=True)
    return _collect(elements, at, (fault,), broken=True)


@dataclass(slots=True)
class _Faults:
    """At most a hundred faults of one payload, and the number of the others: a bad payload may hold millions."""

    kept: list[Fault]
    more: int = field(default=0)

    def add(self, fault: Fault) -> None:
        if len(self.kept) < _MOST_FAULTS:
            self.kept.append(fault)
        else:
            self.more += 1

    def all(self) -> tuple[Fault, ...]:
        rest = (Fault("", f"{self.more} more faults of this payload are not listed."),) if self.more else ()
        return (*self.kept, *rest)


def _collect(
    elements: list[Any], at: str, faults: tuple[Fault, ...], declared: int | None = None, *, broken: bool = False
) -> Listing:
    noted = _Faults(list(faults))
    by_key: dict[str, RawPosting] = {}
    proven = not broken
    writable = _is_writable(elements)
    for index, element in enumerate(elements):
        key, problem = _key_of(element)
        if key is None or (not writable and not _is_writable(element)):
            problem = problem or "This posting is nested too deeply to be stored; it was left out."
            noted.add(Fault(f"{at}/{index}", problem, key, fatal=True))
            proven = False
        elif (twin := by_key.get(key)) is None:
            by_key[key] = RawPosting(key, f"{at}/{index}", element)
        elif twin.native == element:
            noted.add(Fault(f"{at}/{index}", f"This posting repeats {twin.pointer}; one was kept.", key))
        else:
            what = f"Another posting with the same id stands at {twin.pointer}; the first was kept."
            noted.add(Fault(f"{at}/{index}", what, key, fatal=True))
            proven = False
    if declared is not None and declared != len(by_key):
        noted.add(Fault("", f"The answer declares {declared} postings and lists {len(by_key)} different ones."))
        proven = False
    return Listing(tuple(by_key.values()), len(elements), noted.all(), declared, proven)


def _key_of(element: object) -> tuple[str | None, str]:
    """Return the posting's key, or None and what is wrong; bool, float and blank ids are none."""
    if not isinstance(element, dict):
        return None, f"This element is {kind(element)}; a posting must be an object."
    value = element.get("id")
    if type(value) is int:
        return str(value), ""
    if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_KEY:
        return value, ""
    if isinstance(value, str):
        return None, "The posting's “id” is blank." if not value.strip() else "The posting's “id” is too long."
    state = f"is {kind(value)}" if "id" in element else "is missing"
    return None, f"The posting's “id” {state}; a text or a whole number was expected."


def _is_writable(value: object) -> bool:
    """Tell whether it can be written as JSON again: the reader follows deeper nesting than the writer does."""
    try:
        orjson.dumps(value)
    except (TypeError, RecursionError):
        return False
    return True
