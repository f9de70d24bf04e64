"""What pages are made of: descriptions that fit in, comparisons by line, structured data that stays inside."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.engines.extraction import sanitise, to_text
from bandmate.postings.json_ld import data_block
from bandmate.postings.pages.prose import fitted
from bandmate.postings.pages.timeline import compared


@pytest.mark.parametrize(
    ("given_", "fits"),
    [
        ("<h1>You</h1><h2>Bring</h2>", "<h3>You</h3><h4>Bring</h4>"),
        ("<h5>You</h5><h5>Bring</h5>", "<h3>You</h3><h3>Bring</h3>"),
        ("<p>a</p><div><br></div><p>\u00a0</p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<ul><div><ul><li>a</li></ul></div></ul>", "<div><div><ul><li>a</li></ul></div></div>"),
        ("<ul><li>a</li><p>b</p></ul>", "<ul><li>a</li><li><p>b</p></li></ul>"),
        ('<p><a href="https://x.example/?a=1&amp;b=2">x</a><br>y</p>',) * 2,
    ],
)
def test_a_description_fits_below_the_pages_headings(given_: str, fits: str) -> None:
    """Headings begin at level 3 and skip none, lists hold items only, empty blocks are gone."""
    assert fitted(given_) == fits


_TAGS = st.sampled_from(
    ["<h1>", "</h1>", "<ul>", "</ul>", "<li>", "<p>", "</p>", "<b>", "<br>", "<div>", "</div>", "a"]
)


@given(st.lists(_TAGS | st.text(max_size=5), max_size=25).map("".join))
def test_fitting_changes_no_word_and_lets_nothing_in(markup: str) -> None:
    """Whatever was sanitised, the fitted form has the same words and would pass the sanitiser as it is."""
    clean = sanitise(markup)
    fits = str(fitted(clean))
    assert to_text(fits).replace("- ", "").split() == to_text(clean).replace("- ", "").split()
    assert to_text(sanitise(fits)) == to_text(fits)


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.lists(st.sampled_from("abcdef"), max_size=12))
def test_a_comparison_leads_from_old_to_new(old: list[str], new: list[str]) -> None:
    """Nothing that went or came is left out of a comparison."""
    lines = compared(old, new)
    removed = [line.text for line in lines if line.kind == "out"]
    added = [line.text for line in lines if line.kind == "in"]
    for letter in "abcdef":
        assert old.count(letter) - removed.count(letter) == new.count(letter) - added.count(letter)
    assert bool(lines) == (old != new)


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_structured_data_cannot_end_its_block(data: dict[str, object]) -> None:
    """Whatever texts it holds, no tag begins in the block, and a reader of JSON gets the same data."""
    block = str(data_block(data))
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == data
