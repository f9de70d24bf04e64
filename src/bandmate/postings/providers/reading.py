"""Reading payloads: bytes to a document, a document to elements by key, an element's fields to clean values.

Nothing here trusts its input. A field of the wrong type is dropped and reported, never guessed; only what
PostgreSQL cannot store (NUL, lone surrogates) is changed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import orjson

from bandmate.postings.providers.interface import BadPosting, Fault, RawPosting, UnreadablePayload

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_LARGEST_AMOUNT = Decimal(10) ** 12
_LONGEST_URL = 2048
_LONGEST_LINE = 1_000
_QUOTED_BYTES = 60
_INT64_DIGITS = 18
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_JSON_NAMES = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}


def decode(payload: bytes) -> tuple[Any, tuple[Fault, ...]]:
    """Read the bytes of an answer as one JSON document whose texts PostgreSQL can store.

    The strict parser reads nearly everything. What it refuses but still has one plain meaning is read by the
    tolerant one and reported: a byte order mark, invalid UTF-8, raw control characters, ``NaN``, lone surrogates.

    Raises:
        UnreadablePayload: when it is no JSON; the message says where it breaks and quotes how it begins.
    """
    try:
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError as strict:
            document = _decode_tolerantly(payload)
            why = f"The answer is not strict JSON ({strict}); it was read by the tolerant parser."
            return clean(document), (Fault("", why),)
        if b"\\u0000" in payload:
            return clean(document), (Fault("", "The answer holds NUL characters; they were removed."),)
    except json.JSONDecodeError as error:
        raise UnreadablePayload(_why_unreadable(payload, error)) from error
    except (RecursionError, ValueError) as error:
        raise UnreadablePayload(
            f"The answer is no usable JSON ({error}); it begins with {quote(payload)}."
        ) from error
    return document, ()


def _decode_tolerantly(payload: bytes) -> Any:
    return tolerant_decoder().decode(tolerant_text(payload))


def tolerant_text(payload: bytes) -> str:
    """Return the payload as text without byte order mark; invalid UTF-8 becomes U+FFFD."""
    return payload.decode("utf-8-sig", errors="replace")


def tolerant_decoder() -> json.JSONDecoder:
    """Return the parser of last resort; numbers that JSON or 64 bits cannot hold become null or floats."""
    return json.JSONDecoder(
        strict=False,
        parse_constant=lambda _: None,
        parse_int=lambda digits: int(digits) if len(digits) <= _INT64_DIGITS else _finite(digits),
        parse_float=_finite,
    )


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def clean(value: Any) -> Any:
    """Return the same document without NUL characters, and with U+FFFD in place of lone surrogates."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda found: "" if found[0] == "\0" else "\ufffd", value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return value


def _why_unreadable(payload: bytes, error: json.JSONDecodeError) -> str:
    if not payload.strip():
        return "The answer is empty; a JSON document was expected."
    begins = quote(payload)
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"The answer is HTML or XML instead of JSON; it begins with {begins}."
    where = f"line {error.lineno}, column {error.colno}, character {error.pos} of {len(payload)} bytes"
    return f"The answer is broken JSON at {where}: {error.msg}. It begins with {begins}."


def quote(payload: bytes | str) -> str:
    """Quote the beginning of something hostile in printable ASCII, at most 60 characters of it."""
    head = payload[:_QUOTED_BYTES]
    text = head.decode("utf-8", errors="replace") if isinstance(head, bytes) else head
    return ascii(" ".join(text.split())) + ("…" if len(payload) > _QUOTED_BYTES else "")


def kind(value: object) -> str:
    """Name the JSON type of a value for people: ``an object``, ``a number``."""
    return _JSON_NAMES.get(type(value), "a number")


def fold(text: str) -> str:
    """Trim a single-line text and fold every run of white space in it (also non-breaking) to one space."""
    return " ".join(text.split())


def pointer_to(parent: str, name: str | int) -> str:
    """Append one step to a JSON pointer (RFC 6901: ``~`` and ``/`` are escaped)."""
    return f"{parent}/{str(name).replace('~', '~0').replace('/', '~1')}"


@dataclass(frozen=True, slots=True)
class Reader:
    """One JSON object being read; whatever is wrong is noted in ``faults``, which nested readers share."""

    fields: dict[str, Any]
    pointer: str
    key: str
    faults: list[Fault]

    @classmethod
    def of(cls, raw: RawPosting) -> Reader:
        """Begin to read one element."""
        return cls(raw.native, raw.pointer, raw.key, [])

    def note(self, name: str, what: str) -> None:
        """Report a field that is dropped."""
        self.faults.append(Fault(pointer_to(self.pointer, name), what, self.key))

    def _wrong(self, name: str, value: object, expected: str) -> None:
        self.note(name, f"“{name}” is {kind(value)}, {expected} was expected; it was left out.")

    def required(self, name: str) -> str:
        """Read a text without which the posting cannot be used.

        Raises:
            BadPosting: when it is missing, blank or no text.
        """
        value = self.fields.get(name)
        folded = fold(value) if isinstance(value, str) else ""
        if not folded:
            state = "is missing" if name not in self.fields else "is blank" if value == "" else f"is {kind(value)}"
            state = "is blank" if isinstance(value, str) else state
            what = f"“{name}” {state}; a posting needs it as a text."
            raise BadPosting(Fault(pointer_to(self.pointer, name), what, self.key, fatal=True))
        return self._bounded(name, folded)

    def text(self, name: str) -> str | None:
        """Read a single-line text, folded; a blank one is ``None``, an endless one is cut."""
        value = self._line(name)
        return self._bounded(name, value) if value else None

    def _line(self, name: str) -> str | None:
        value = self.fields.get(name)
        if isinstance(value, str):
            return fold(value) or None
        if value is not None:
            self._wrong(name, value, "a text")
        return None

    def _bounded(self, name: str, value: str) -> str:
        """Cut what no page and no list could show; the native payload keeps it whole."""
        if len(value) <= _LONGEST_LINE:
            return value
        self.note(name, f"“{name}” has {len(value)} characters; the record keeps the first {_LONGEST_LINE}.")
        return value[:_LONGEST_LINE]

    def identifier(self, name: str) -> str | None:
        """Read a text or a whole number as a text."""
        value = self.fields.get(name)
        return str(value) if type(value) is int else self.text(name)

    def markup(self, name: str) -> str:
        """Read a longer text as it is; missing is empty."""
        value = self.fields.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            self._wrong(name, value, "a text")
        return ""

    def flag(self, name: str) -> bool | None:
        """Read true or false."""
        value = self.fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(name, value, "true or false")
        return None

    def url(self, name: str) -> str | None:
        """Read a web address; only http and https ones are taken (a page will print it as a link)."""
        value = self._line(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
        except ValueError:
            usable = False
        if usable and len(value) <= _LONGEST_URL:
            return value
        self.note(name, f"“{name}” is no web address ({quote(value)}); it was left out.")
        return None

    def inside(self, name: str) -> Reader:
        """Read the object in a field; a missing one reads as empty."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            self._wrong(name, value, "an object")
        fields = value if isinstance(value, dict) else {}
        return Reader(fields, pointer_to(self.pointer, name), self.key, self.faults)

    def items(self, name: str) -> list[Any]:
        """Read an array; a missing one is empty."""
        value = self.fields.get(name)
        if isinstance(value, list):
            return value
        if value is not None:
            self._wrong(name, value, "an array")
        return []

    def each(self, name: str) -> Iterator[Reader]:
        """Read the objects of an array, one after another."""
        base = pointer_to(self.pointer, name)
        for index, item in enumerate(self.items(name)):
            if isinstance(item, dict):
                yield Reader(item, pointer_to(base, index), self.key, self.faults)
            else:
                self._wrong(f"{name}/{index}", item, "an object")

    def texts(self, name: str) -> list[str]:
        """Read an array of single-line texts; blank ones are skipped."""
        found = []
        for index, item in enumerate(self.items(name)):
            if isinstance(item, str):
                found.append(fold(item))
            else:
                self._wrong(f"{name}/{index}", item, "a text")
        return [text for text in found if text]

    def amount(self, name: str) -> Decimal | None:
        """Read an amount of money; zero means unset, as all three providers send it for an empty bound."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._wrong(name, value, "a number")
            return None
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 <= amount <= _LARGEST_AMOUNT:
            self.note(name, f"“{name}” is no amount of money ({quote(str(value))}); it was left out.")
            return None
        return amount or None

    def currency(self, name: str) -> str | None:
        """Read a currency code of three letters."""
        value = self.text(name)
        if value is None:
            return None
        if re.fullmatch(r"[A-Za-z]{3}", value):
            return value.upper()
        self.note(name, f"“{name}” is no currency code ({quote(value)}); it was left out.")
        return None

    def epoch_ms(self, name: str) -> datetime | None:
        """Read an instant given as milliseconds since 1970 in UTC."""
        value = self.fields.get(name)
        if value is None:
            return None
        if type(value) not in {int, float}:
            self._wrong(name, value, "a number of milliseconds")
            return None
        try:
            instant = datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=int(value % 1000) * 1000)
        except (ValueError, OverflowError, OSError):
            instant = None
        return self._plausible(name, value, instant)

    def instant(self, name: str, *, end_of_day: bool = False) -> datetime | None:
        """Read an ISO 8601 instant with offset, or a date (its first moment in UTC, or its last)."""
        value = self.text(name)
        if value is None:
            return None
        try:
            instant = datetime.fromisoformat(value)
            if len(value) <= len("2026-03-01"):
                instant = datetime.combine(instant, time.max if end_of_day else time.min, UTC)
            if instant.tzinfo is None:
                self.note(name, f"“{name}” has no time zone ({quote(value)}); it was left out.")
                return None
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            instant = None
        return self._plausible(name, value, instant)

    def _plausible(self, name: str, value: object, instant: datetime | None) -> datetime | None:
        if instant is not None and _EARLIEST <= instant < _LATEST:
            return instant
        self.note(name, f"“{name}” is no possible date ({quote(str(value))}); it was left out.")
        return None
