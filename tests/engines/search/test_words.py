"""Taking text apart into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.engines.search.words import ANALYZER, MOST_WORDS, Word, keyword, read_question, unaccented


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("C++, C# and F#", ["c++", "c#", "and", "f#"]),
        ("ASP.NET or .NET", ["asp", ".net", "or", ".net"]),
        ("Notepad++ for C++11", ["notepad", "for", "c++", "11"]),
        ("Node.js", ["node", "js"]),
        ("R&D", ["r", "d"]),
        ("our team.We are", ["our", "team", "we", "are"]),
        ("the network.Networking", ["the", "network", "networking"]),
        ("Größe naïve ÅNGSTRÖM", ["grosse", "naive", "angstrom"]),
        ("東京で", ["東", "京", "で"]),
        ("Москва, всё; Αθήνα", ["москва", "все", "αθηνα"]),
    ],
)
def test_text_is_taken_apart(text: str, tokens: list[str]) -> None:
    """Words are folded; names of the trade stay whole; what joins words separates them."""
    assert ANALYZER.analyze(unaccented(text)) == tokens


def test_quotes_and_minus_are_understood() -> None:
    """Quotes make one demand of several words; a minus before a word or quotes excludes."""
    assert read_question('"data engineer" -sales -"cold calls" full-stack ') == (
        Word("data engineer", ("data", "engineer")),
        Word("sales", ("sales",), excluded=True),
        Word("cold calls", ("cold", "calls"), excluded=True),
        Word("full-stack", ("full", "stack")),
    )


@pytest.mark.parametrize("quoted", ["“data engineer”", "„data engineer“", "«data engineer»"])
def test_typographic_quotes_are_quotes(quoted: str) -> None:
    """Quotation marks of other languages mean the same."""
    assert read_question(quoted) == (Word("data engineer", ("data", "engineer")),)


@pytest.mark.parametrize(
    ("text", "unfinished"), [("data eng", True), ("data eng ", False), ('"data eng"', False), ('"data eng', True)]
)
def test_only_a_last_word_without_anything_behind_it_is_unfinished(text: str, unfinished: bool) -> None:
    """A space or a closing quote ends a word; an open quote does not."""
    assert read_question(text)[-1].unfinished is unfinished


def test_an_excluded_word_is_never_unfinished() -> None:
    """While somebody types an exclusion, only the word as it stands is excluded."""
    assert read_question("data -eng")[-1] == Word("eng", ("eng",), excluded=True)


@pytest.mark.parametrize("text", ["", "   ", "?!…", "-", '""', "\x00\x1f", "\ud800", "🎸"])
def test_text_without_words_demands_nothing(text: str) -> None:
    """Punctuation, control characters and halves of characters are no words."""
    assert read_question(text) == ()


def test_decomposed_accents_are_the_same_word() -> None:
    """An accent as a character of its own (NFD) folds like a composed one; soft hyphens vanish."""
    assert ANALYZER.analyze(unaccented("cafe\u0301 soft\u00adware")) == ["cafe", "software"]


def test_a_long_keyword_is_cut() -> None:
    """Only the first 512 characters of a keyword count."""
    assert keyword("x" * 1_000) == "x" * 512


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Whatever is typed becomes at most 32 demands, each with at least one and at most 32 words."""
    words = read_question(text * 5)
    assert len(words) <= MOST_WORDS
    assert all(1 <= len(word.tokens) <= MOST_WORDS for word in words)
