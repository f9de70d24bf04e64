"""Payloads to elements: what is good is kept, what is not is named, and only a proven listing says so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.providers import PROVIDERS, Listing, UnreadablePayload, provider


def payload(name: str, elements: list[Any]) -> bytes:
    """Wrap elements in a provider's wire shape."""
    if name == "lever":
        return orjson.dumps(elements)
    if name == "greenhouse":
        return orjson.dumps({"jobs": elements, "meta": {"total": len(elements)}})
    return orjson.dumps({"jobs": elements, "apiVersion": "1"})


def at(name: str, index: int) -> str:
    """Point to an element in a provider's wire shape."""
    return f"/{index}" if name == "lever" else f"/jobs/{index}"


def keys(listing: Listing) -> list[str]:
    """Return the keys of a listing, in order."""
    return [raw.key for raw in listing.postings]


def recorded(shared: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Read every distinct recorded payload of a known provider with its line in the log."""
    for archive in ("seed", "ashby", "ashby-blind", "timeseries", "timeseries-faults"):
        folder, seen = shared / "postings" / archive, set[str]()
        for line in (folder / "runs.ndjson").read_bytes().splitlines():
            run = orjson.loads(line)
            if run["provider"] in PROVIDERS and run["path"] and run["path"] not in seen:
                seen.add(run["path"])
                body = (folder / run["path"]).read_bytes()
                yield run, gzip.decompress(body) if run["path"].endswith(".gz") else body


def test_every_recorded_payload_is_split_and_stated(shared: Path) -> None:
    """All recorded boards give as many postings as their log says, each with facts and without a single fault."""
    count = 0
    for run, body in recorded(shared):
        source = provider(run["provider"])
        listing = source.split(body)
        assert len(listing.postings) == run["listed"], run
        # Of a listing that was cut short only Greenhouse's declared total tells; the log tells of the others.
        assert listing.proven == (run["outcome"] == "complete" or run["provider"] == "lever"), run
        for raw in listing.postings:
            stated, faults = source.state(raw)
            assert (stated.key, faults) == (raw.key, ()), run
            assert stated.title
            count += 1
    assert count > 14_000


def test_every_fixture_is_split_and_stated(shared: Path) -> None:
    """The recorded fixtures of other collectors read without a fault in any posting."""
    for name, source in PROVIDERS.items():
        for file in sorted((shared / "postings" / "fixtures" / name).glob("*.json")):
            listing = source.split(file.read_bytes())
            assert listing.postings, file
            for raw in listing.postings:
                assert source.state(raw)[1] == (), file


@pytest.mark.parametrize("name", PROVIDERS)
def test_postings_keep_their_order_and_place(name: str) -> None:
    """Elements come in the order of the payload, each with the pointer that finds it again."""
    listing = PROVIDERS[name].split(payload(name, [{"id": "b"}, {"id": "a"}]))
    assert keys(listing) == ["b", "a"]
    assert [raw.pointer for raw in listing.postings] == [at(name, 0), at(name, 1)]
    assert (listing.proven, listing.rows, listing.faults) == (True, 2, ())


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_numeric_id_becomes_a_text(name: str) -> None:
    """Greenhouse numbers its postings; the key is the number's digits."""
    assert keys(PROVIDERS[name].split(payload(name, [{"id": 7594132}]))) == ["7594132"]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("bad", [None, True, 1.5, "", "  ", [], {}, "x" * 201])
def test_an_unreadable_id_costs_that_posting_and_the_proof(name: str, bad: object) -> None:
    """The others stay; which posting is missing is unknown, so absence may not be concluded."""
    listing = PROVIDERS[name].split(payload(name, [{"id": "a"}, {"id": bad}, {"id": "c"}]))
    assert keys(listing) == ["a", "c"]
    assert not listing.proven
    fault = listing.faults[0]
    assert (fault.pointer, fault.fatal) == (at(name, 1), True)
    assert "“id”" in fault.what


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("bad", [None, 3, "job", ["a"]])
def test_an_element_that_is_no_object_is_named(name: str, bad: object) -> None:
    """A wrong type in the middle of the array leaves its neighbours alone."""
    listing = PROVIDERS[name].split(payload(name, [bad, {"id": "a"}]))
    assert keys(listing) == ["a"]
    assert "must be an object" in listing.faults[0].what
    assert not listing.proven


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_missing_id_says_that_it_is_missing(name: str) -> None:
    """An absent field and a null one are told apart in the message."""
    faults = PROVIDERS[name].split(payload(name, [{"title": "x"}, {"id": None}])).faults
    assert "“id” is missing" in faults[0].what
    assert "“id” is null" in faults[1].what


@pytest.mark.parametrize("name", ["lever", "ashby"])
def test_an_identical_duplicate_is_harmless(name: str) -> None:
    """The same posting twice is one posting; the listing is still proven."""
    listing = PROVIDERS[name].split(payload(name, [{"id": "a", "x": 1}, {"id": "a", "x": 1}]))
    assert (keys(listing), listing.proven, listing.rows) == (["a"], True, 2)
    assert (listing.faults[0].fatal, listing.faults[0].key) == (False, "a")


@pytest.mark.parametrize("name", PROVIDERS)
def test_two_different_postings_under_one_id_are_no_proof(name: str) -> None:
    """The first is kept, and the run cannot count as complete."""
    listing = PROVIDERS[name].split(payload(name, [{"id": "a", "x": 1}, {"id": "a", "x": 2}]))
    assert [raw.native["x"] for raw in listing.postings] == [1]
    assert not listing.proven
    assert listing.faults[0].fatal


def test_a_declared_total_that_differs_is_no_proof() -> None:
    """Greenhouse says how many there are; fewer different ones mean that some are missing."""
    listing = PROVIDERS["greenhouse"].split(b'{"jobs": [{"id": 1}], "meta": {"total": 2}}')
    assert (listing.declared_total, listing.proven) == (2, False)
    assert "declares 2 postings and lists 1" in listing.faults[0].what


def test_a_declared_total_of_the_wrong_type_is_reported_and_not_used() -> None:
    """A total that is no number proves and disproves nothing."""
    listing = PROVIDERS["greenhouse"].split(b'{"jobs": [{"id": 1}], "meta": {"total": "1"}}')
    assert (listing.declared_total, listing.proven) == (None, True)
    assert listing.faults[0].pointer == "/meta/total"


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_empty_board_is_a_listing_without_postings(name: str) -> None:
    """Zero postings are no error here; what they mean is decided elsewhere."""
    assert PROVIDERS[name].split(payload(name, [])).postings == ()


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"<!DOCTYPE html><title>Back soon</title>", "HTML or XML instead of JSON"),
        (b'{"ok":false,"error":"Document not found"}', "error document.*Document not found"),
        (b'"maintenance"', "is a text"),
        (b"null", "is null"),
        (b'{"jobs": 3}', "was expected"),
        (b"[" * 100_000, "."),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "."),
        (b"\xff\xfe\x00garbage", "broken JSON at line 1, column 1"),
        (b"9" * 10_000, "."),
    ],
)
def test_what_is_no_board_is_unreadable_with_a_reason(name: str, body: bytes, says: str) -> None:
    """Nothing of it can be used; the message says what it is instead of failing somewhere later."""
    with pytest.raises(UnreadablePayload, match=says):
        PROVIDERS[name].split(body)


@pytest.mark.parametrize("name", PROVIDERS)
def test_hostile_bytes_are_quoted_in_printable_ascii(name: str) -> None:
    """A message goes to logs and terminals: no control sequence of the payload may reach them."""
    with pytest.raises(UnreadablePayload) as caught:
        PROVIDERS[name].split(b"\x1b[2J\x07\xe2\x80\xae" + b"x" * 500)
    message = caught.value.detail
    assert "\\x1b[2J" in message
    assert message.replace("…", "").isascii()
    assert len(message) < 400


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_truncated_payload_keeps_the_postings_before_the_break(name: str) -> None:
    """What stands whole is a sighting; the run is not proven and the fault tells line and column."""
    body = payload(name, [{"id": "a"}, {"id": "b"}, {"id": "c", "title": "Tuner"}])
    listing = PROVIDERS[name].split(body[: body.index(b"Tuner") + 2])
    assert keys(listing) == ["a", "b"]
    assert (listing.proven, listing.faults[0].fatal) == (False, True)
    assert listing.faults[0].pointer == at(name, 2)
    assert "line 1, column" in listing.faults[0].what


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_payload_cut_before_its_first_posting_ends_is_unreadable(name: str) -> None:
    """There is nothing whole to keep."""
    body = payload(name, [{"id": "a", "title": "Tuner"}])
    with pytest.raises(UnreadablePayload, match="broken JSON at line 1"):
        PROVIDERS[name].split(body[: body.index(b"Tuner")])


@pytest.mark.parametrize("name", PROVIDERS)
def test_nul_and_lone_surrogates_never_reach_the_record(name: str) -> None:
    """PostgreSQL stores neither: NUL is removed and a lone surrogate becomes U+FFFD, in names and values."""
    body = payload(name, [{"id": "a", "title": "Dr@um", "list": [{"na@me": "@"}]}])
    for escape, becomes in ((b"\\u0000", ""), (b"\\ud83d", "\ufffd")):
        listing = PROVIDERS[name].split(body.replace(b"@", escape))
        native = listing.postings[0].native
        assert native == {"id": "a", "title": f"Dr{becomes}um", "list": [{f"na{becomes}me": becomes}]}
        assert listing.proven
        assert not listing.faults[0].fatal


def test_a_paired_surrogate_is_an_ordinary_letter() -> None:
    """Escaped emoji survive the tolerant parser as themselves."""
    listing = PROVIDERS["lever"].split(b'[{"id": "a", "x": "\\ud83c\\udfb8 \\ud83c"}]')
    assert listing.postings[0].native["x"] == "🎸 \ufffd"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf[{"id": "a", "x": 1}]', 1),
        (b'[{"id": "a", "x": NaN}]', None),
        (b'[{"id": "a", "x": -Infinity}]', None),
        (b'[{"id": "a", "x": "tab\there"}]', "tab\there"),
        (b'[{"id": "a", "x": "caf\xe9"}]', "caf\ufffd"),
    ],
)
def test_nearly_json_is_read_and_reported(body: bytes, value: object) -> None:
    """A byte order mark, NaN, raw control characters and wrong UTF-8 have one plain meaning; it is taken."""
    listing = PROVIDERS["lever"].split(body)
    assert listing.postings[0].native["x"] == value
    assert "not strict JSON" in listing.faults[0].what


def test_a_posting_nested_too_deeply_to_be_written_is_left_out() -> None:
    """Whatever is handed over can be written as JSON again; its neighbours are not harmed."""
    deep = '{"id": "deep", "x": ' + "[" * 400 + "]" * 400 + "}"
    listing = PROVIDERS["lever"].split(f'[{deep}, {{"id": "a"}}]'.encode())
    assert keys(listing) == ["a"]
    assert "nested too deeply" in listing.faults[0].what
    assert not listing.proven


def test_millions_of_bad_elements_give_a_hundred_faults() -> None:
    """A hostile payload must not fill memory with complaints; the rest is counted."""
    listing = PROVIDERS["lever"].split(b"[" + b"0," * 5000 + b"0]")
    assert len(listing.faults) == 101
    assert "4901 more" in listing.faults[-1].what


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    "board", ["spotify", "Abridge", "Synergy%20Pet%20Group", "ambient.ai", "1840&Company", "a_b-c"]
)
def test_a_board_token_is_kept_as_it_is(name: str, board: str) -> None:
    """Case and percent escapes are part of the token: neither folded nor decoded."""
    assert PROVIDERS[name].check_board(board) == board
    assert PROVIDERS[name].board_url(board).endswith(f"/{board}")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    "board",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a b",
        "a\r\nb",
        "a\0",
        "é",
        "%2e%2e",
        "a%2Fb",
        "a%0d%0ab",
        "%252e",
        "a%3Fb",
        "a%",
        "a%zz",
        "@host",
        "x:80",
        "a" * 129,
    ],
)
def test_a_hostile_board_token_is_refused(name: str, board: str) -> None:
    """Nothing that could change the path, the query or the host enters an address, escaped or not."""
    with pytest.raises(InvalidInput, match="cannot be a board of"):
        PROVIDERS[name].check_board(board)


def test_an_unknown_provider_lists_the_known_ones() -> None:
    """The message helps who mistyped."""
    with pytest.raises(InvalidInput, match="ashby, greenhouse, lever"):
        provider("levre")


def test_splitting_agrees_with_the_plain_parser_on_random_documents() -> None:
    """Whatever JSON comes, splitting gives a listing or a reason, never another exception."""
    values: list[Any] = [
        None,
        1,
        "a",
        True,
        [],
        {},
        {"id": "a"},
        [{"id": "a"}],
        {"jobs": [{"id": 1}, 2]},
        {"jobs": {}},
    ]
    for value in [*values, *([one, two] for one in values for two in values)]:
        for source in PROVIDERS.values():
            try:
                listing = source.split(json.dumps(value).encode())
            except UnreadablePayload:
                continue
            assert len(listing.postings) <= listing.rows
