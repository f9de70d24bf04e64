"""Search over labels: what fits, in which order, and that nothing hostile breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.taxonomy.label_index import LabelIndex, words_of

FORMS = (
    ("sound engineer", "audio engineer", "mixer"),
    ("sound",),
    ("engineer sound systems",),
    ("Éclairage de scène", "stage lighting"),
    ("C++",),
    ("C#", "C sharp"),
    ("soundness",),
    ("--",),
)
INDEX = LabelIndex(FORMS)


def found(question: str) -> list[str]:
    """Return the labels that were found, in order: of each concept the one that fits best."""
    hits = INDEX.find(question)
    return [FORMS[place][form] for place, form in zip(hits.places, hits.forms, strict=True)]


def test_every_word_must_begin_a_word_of_one_label() -> None:
    """Words in any order, each at least begun; words of two labels of a concept do not count together."""
    assert found("eng sou") == ["engineer sound systems", "sound engineer"]
    assert found("mixer audio") == []


def test_the_best_stands_first() -> None:
    """The label itself, then what begins with it as a whole word, then what it only begins."""
    assert found("sound") == ["sound", "sound engineer", "soundness", "engineer sound systems"]


def test_another_label_is_named() -> None:
    """A concept that is found by an alternative label says by which."""
    assert found("audio") == ["audio engineer"]


@pytest.mark.parametrize(
    ("question", "label"), [("eclair", "Éclairage de scène"), ("SCÈNE", "Éclairage de scène")]
)
def test_accents_and_case_do_not_matter(question: str, label: str) -> None:
    """Neither in the question nor in the label."""
    assert found(question) == [label]


def test_signs_of_languages_are_kept() -> None:
    """C++ is not C#."""
    assert (found("c++"), found("C#")) == (["C++"], ["C#"])


@pytest.mark.parametrize("question", ["", " ", "--", "\0", "🎹", "\ud800", "%", "sound zzz", "\U0010ffff"])
def test_what_names_nothing_finds_nothing(question: str) -> None:
    """Signs alone are no question."""
    assert found(question) == []


@given(st.text(max_size=400))
def test_any_text_is_answered(question: str) -> None:
    """Whatever is asked, each concept comes once, and its label holds the words."""
    hits = INDEX.find(question)
    assert len(set(hits.places.tolist())) == len(hits.places)
    for place, form in zip(hits.places, hits.forms, strict=True):
        words = words_of(FORMS[place][form])
        assert all(any(word.startswith(asked) for word in words) for asked in words_of(question[:200]))


def test_alphabet_is_of_preferred_labels() -> None:
    """Accents and case aside."""
    ordered = [FORMS[place][0] for place in INDEX.alphabetical]
    assert ordered == [
        "--",
        "C#",
        "C++",
        "Éclairage de scène",
        "engineer sound systems",
        "sound",
        "sound engineer",
        "soundness",
    ]
    assert INDEX.rank[INDEX.alphabetical[3]] == 3
