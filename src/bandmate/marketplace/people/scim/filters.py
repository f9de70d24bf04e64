"""Filters of SCIM (RFC 7644, section 3.4.2.2) and paths of PATCH (section 3.5.2), read into small trees. Pure.

``and`` binds closer than ``or``, ``not`` closest. A filter that is long, deep or wide beyond reason is refused
before it costs anything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from bandmate.marketplace.people.scim.errors import ScimError, invalid_filter, invalid_path
from bandmate.marketplace.people.scim.schemas import SCHEMA_URNS

LONGEST = 4_000
DEEPEST = 20
MOST_TERMS = 100

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Value: TypeAlias = str | int | float | bool | None

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """The name of an attribute, in lower case, of a schema (its URN in lower case; None: whichever has it)."""

    urn: str | None
    name: str
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """``attribute operator value``."""

    attribute: Attribute
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """``attribute pr``."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Valued:
    """``attribute[filter]``: some value of a multi-valued attribute meets the filter."""

    attribute: Attribute
    filter: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """``not (filter)``."""

    term: Filter


@dataclass(frozen=True, slots=True)
class Both:
    """``filter and filter``, of any number."""

    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """``filter or filter``, of any number."""

    terms: tuple[Filter, ...]


Filter: TypeAlias = Compared | Present | Valued | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Path:
    """Where a PATCH operation works: an attribute, of some of its values, a part of them."""

    attribute: Attribute
    filter: Filter | None = None
    sub: str | None = None


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<mark>[()\[\]])
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[\s)\]]|$))
      | (?P<word>[A-Za-z$][\w$:.-]*)
      | (?P<after>\.[A-Za-z$][\w$-]*)
    )""",
    re.VERBOSE | re.ASCII,
)
_NAME = re.compile(r"[A-Za-z$][\w$-]*", re.ASCII)


def parse_filter(written: str) -> Filter:
    """Read a filter.

    Raises:
        ScimError: ``invalidFilter`` when it is none, or too large a one.
    """
    reader = _Reader(written)
    found = reader.either(0)
    reader.end()
    return found


def parse_path(written: str) -> Path:
    """Read the path of a PATCH operation.

    Raises:
        ScimError: ``invalidPath`` when it is none; ``invalidFilter`` for the filter in it.
    """
    if written.strip().lower() in SCHEMA_URNS:
        return Path(Attribute(written.strip().lower(), ""))
    try:
        reader = _Reader(written)
    except ScimError as error:
        raise invalid_path(error.detail) from error
    kind, word = reader.next()
    if kind != "word":
        raise invalid_path(f"A path starts with the name of an attribute, not with {word[:40]!r}.")
    attribute, chosen, sub = parse_attribute(word), None, None
    if reader.takes("["):
        chosen = reader.either(1)
        reader.expect("]")
    if reader.kind() == "after":
        sub = reader.next()[1][1:].lower()
    if not reader.at_end():
        raise invalid_path(f"The path {written[:80]!r} goes on after its end.")
    return Path(attribute, chosen, sub or (attribute.sub if chosen is None else None))


def parse_attribute(written: str) -> Attribute:
    """Read the name of an attribute, with or without its schema: ``name.familyName``, ``urn:…:User:department``.

    Raises:
        ScimError: ``invalidPath`` when it is none.
    """
    folded = written.strip().lower()
    urn, _, rest = folded.rpartition(":")
    if urn and urn not in SCHEMA_URNS:
        raise invalid_path(f"No schema here is called {urn[:100]!r}.")
    name, dot, sub = rest.partition(".")
    if not _NAME.fullmatch(name) or (dot and not _NAME.fullmatch(sub)):
        raise invalid_path(f"{written[:80]!r} is no name of an attribute.")
    return Attribute(urn or None, name, sub or None)


class _Reader:
    """Reads a filter by recursive descent."""

    def __init__(self, written: str) -> None:
        if len(written) > LONGEST:
            raise invalid_filter(f"A filter has at most {LONGEST} characters.")
        self._tokens: list[tuple[str, str]] = []
        self._terms = 0
        self._at = 0
        place, end = 0, len(written.rstrip())
        while place < end:
            found = _TOKEN.match(written, place)
            if found is None:
                raise invalid_filter(f"This cannot be read: {written[place : place + 40]!r}.")
            kind = cast(str, found.lastgroup)
            self._tokens.append((kind, found[kind]))
            place = found.end()

    def kind(self) -> str | None:
        return None if self.at_end() else self._tokens[self._at][0]

    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def next(self) -> tuple[str, str]:
        if self.at_end():
            raise invalid_filter("Something is missing at the end.")
        self._at += 1
        return self._tokens[self._at - 1]

    def takes(self, *words: str) -> bool:
        """Pass over the next token if it is one of these words or marks."""
        if self.at_end() or self.kind() not in {"word", "mark"}:
            return False
        if self._tokens[self._at][1].lower() not in words:
            return False
        self._at += 1
        return True

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            raise invalid_filter(f"A {mark} is missing.")

    def end(self) -> None:
        if not self.at_end():
            raise invalid_filter(f"{self._tokens[self._at][1][:40]!r} stands where the filter should end.")

    def either(self, depth: int) -> Filter:
        terms = [self._both(depth)]
        while self.takes("or"):
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _both(self, depth: int) -> Filter:
        terms = [self._term(depth)]
        while self.takes("and"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else Both(tuple(terms))

    def _term(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise invalid_filter(f"Parentheses stand more than {DEEPEST} deep.")
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise invalid_filter(f"A filter has at most {MOST_TERMS} comparisons.")
        if self.takes("not"):
            return Not(self._grouped(depth))
        if not self.at_end() and self._tokens[self._at] == ("mark", "("):
            return self._grouped(depth)
        return self._comparison(depth)

    def _grouped(self, depth: int) -> Filter:
        self.expect("(")
        found = self.either(depth + 1)
        self.expect(")")
        return found

    def _comparison(self, depth: int) -> Filter:
        kind, word = self.next()
        if kind != "word":
            raise invalid_filter(f"The name of an attribute is missing before {word[:40]!r}.")
        try:
            attribute = parse_attribute(word)
        except ScimError as error:
            raise invalid_filter(error.detail) from error
        if self.takes("["):
            inner = self.either(depth + 1)
            self.expect("]")
            return Valued(attribute, inner)
        if self.takes("pr"):
            return Present(attribute)
        operator = self.next()[1].lower()
        if operator not in _OPERATORS:
            raise invalid_filter(
                f"{operator[:40]!r} is no comparison; there are eq, ne, co, sw, ew, gt, ge, lt, le, pr."
            )
        return Compared(attribute, cast(Operator, operator), self._value())

    def _value(self) -> Value:
        kind, written = self.next()
        literal = {"true": True, "false": False, "null": None}.get(written.lower(), "")
        if kind == "word" and literal != "":
            return literal
        if kind not in {"string", "number"}:
            raise invalid_filter(f"{written[:40]!r} is no value; write text in quotation marks.")
        try:
            value = cast(Value, json.loads(written, strict=False))
            str(value).encode()  # half a surrogate pair is no text
        except ValueError as error:
            raise invalid_filter(f"{written[:40]!r} is no value.") from error
        return value
