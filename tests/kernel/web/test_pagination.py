"""Cursors: a round trip for their own query, a clear refusal for everything else."""

from __future__ import annotations

import base64
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.web import pagination
from bandmate.kernel.web.pagination import JsonScalar, decode_cursor, encode_cursor

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(fingerprint=st.text(), values=st.lists(SCALARS, max_size=5))
def test_a_cursor_gives_back_what_went_in(fingerprint: str, values: list[JsonScalar]) -> None:
    """Decoding with the same query returns the same position."""
    assert decode_cursor(encode_cursor(fingerprint, values), fingerprint) == values


@given(ours=st.text(), other=st.text(), values=st.lists(SCALARS, max_size=3))
def test_a_cursor_of_another_query_is_refused(ours: str, other: str, values: list[JsonScalar]) -> None:
    """A cursor does not fit a query with another fingerprint, and the message says so."""
    if ours != other:
        with pytest.raises(InvalidCursor, match="another query"):
            decode_cursor(encode_cursor(ours, values), other)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_garbage_is_refused(garbage: str) -> None:
    """Whatever is sent as a cursor, the answer is a sentence and never a crash."""
    with pytest.raises(InvalidCursor, match="cannot be read"):
        decode_cursor(garbage, "jobs")


@given(values=st.lists(SCALARS, min_size=1, max_size=3), data=st.data())
def test_a_changed_cursor_is_refused(values: list[JsonScalar], data: st.DataObject) -> None:
    """A cursor with one byte changed does not pass for another position."""
    raw = bytearray(base64.urlsafe_b64decode((cursor := encode_cursor("jobs", values)) + "=" * (-len(cursor) % 4)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidCursor):
        decode_cursor(base64.urlsafe_b64encode(bytes(raw)).decode(), "jobs")


@pytest.mark.parametrize("body", [b"{}", b"[[1]]", b"[NaN]", b"[Infinity]", b"[" * 1500, b"1" * 2000, b"null"])
def test_a_forged_cursor_is_refused(body: bytes) -> None:
    """A cursor with a right checksum over anything but a list of plain values is refused."""
    mark = pagination._mark
    forged = base64.urlsafe_b64encode(mark(b"jobs") + mark(body) + body).decode()
    with pytest.raises(InvalidCursor, match="cannot be read"):
        decode_cursor(forged, "jobs")


def test_an_endless_cursor_is_refused() -> None:
    """A cursor that is far longer than any of ours is not even decoded."""
    with pytest.raises(InvalidCursor, match="cannot be read"):
        decode_cursor("A" * 10_000, "jobs")


def test_a_value_that_is_no_number_cannot_be_written() -> None:
    """NaN has no place in an order, so it is refused when the cursor is made."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_cursor("jobs", [math.nan])


def test_a_cursor_fits_into_an_address() -> None:
    """A cursor needs no escaping in a query."""
    cursor = encode_cursor("jobs?city=Malmö", ["2026-11-03T12:00:00.000Z", "ö/+?&=", 3])
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?")
    assert json.dumps(cursor) == f'"{cursor}"'
