"""What a text finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.engines.search import Contains, Facet, Field, InvalidQuery, Kind, Query, Schema, SearchIndex

Find = Callable[..., list[str]]
Fill = Callable[..., SearchIndex]


@pytest.fixture(scope="module")
def one_title() -> SearchIndex:
    """An index of one document, shared by the examples of a property."""
    index = SearchIndex.in_memory(Schema((Field("title", Kind.TEXT, boost=3.0), Field("city", Kind.KEYWORD))))
    with index.writer(memory=15_000_000) as writer:
        writer.upsert("1", 1, {"title": "Sound engineer", "city": "Malmö"})
        writer.commit("filled")
    return index


NAMES = {"plusplus": "C++ developer", "c": "C developer", "sharp": "C# developer", "net": "Uses .NET daily"}


def test_every_word_must_stand_somewhere(fill: Fill) -> None:
    """Words may stand in different fields of a document, but all must stand."""
    index = fill({"1": {"title": "Engineer", "description": "of data"}, "2": {"title": "Engineer"}})
    assert index.search(Query("data engineer ")).ids == ("1",)


@pytest.mark.parametrize(
    ("text", "expected"), [("c++", "plusplus"), ("C ", "c"), ("c#", "sharp"), (".net", "net")]
)
def test_names_with_punctuation_are_told_apart(find: Find, text: str, expected: str) -> None:
    """C++, C, C# and .NET are four things."""
    assert find(text, NAMES) == [expected]


@pytest.mark.parametrize("text", ["Node.js", "node js", "node", "NODE.JS"])
def test_node_js_is_found_in_every_spelling_with_a_gap(find: Find, text: str) -> None:
    """A joined name is found joined, apart and by its part."""
    assert find(text, {"1": "We write Node.js", "2": "Java"}) == ["1"]


def test_a_joined_name_is_a_phrase(find: Find) -> None:
    """R&D does not find an R and a D at different places."""
    assert find("R&D", {"1": "Head of R & D", "2": "D licence, knows R"}) == ["1"]


def test_accents_and_case_do_not_matter(find: Find) -> None:
    """Words are the same with and without accents, in documents and questions."""
    assert find("MALMO cafe", {"1": "Café in Malmö"}) == ["1"]
    assert find("Malmö ", {"1": "Cafe in Malmo"}) == ["1"]


def test_a_phrase_stands_side_by_side(find: Find) -> None:
    """Words in quotes stand in this order without others between."""
    titles = {"1": "Data platform engineer", "2": "Senior data engineer", "3": "Engineer data"}
    assert find('"data engineer"', titles) == ["2"]


def test_a_phrase_does_not_reach_across_fields(fill: Fill) -> None:
    """The end of one text and the beginning of the next are no phrase."""
    index = fill({"1": {"title": "Lead data", "description": "engineer wanted"}})
    assert index.search(Query('"data engineer"')).total == 0


def test_an_excluded_word_removes_documents(find: Find) -> None:
    """A minus removes the documents that have the word, and can stand alone."""
    titles = {"1": "Sound engineer", "2": "Sales engineer", "3": "Counsel"}
    assert find("engineer -sales", titles) == ["1"]
    assert find("-sales", titles) == ["1", "3"]


def test_scripts_without_spaces_are_found_inside_a_run(find: Find) -> None:
    """A Japanese word is found inside a sentence, in its order only."""
    assert find("東京", {"1": "東京で働くエンジニア", "2": "京東"}) == ["1"]


def test_the_last_word_may_be_unfinished(find: Find) -> None:
    """The beginning of a word finds it, as the last word only and only while nothing follows."""
    titles = {"1": "Data engineer"}
    assert find("data engi", titles) == ["1"]
    assert find("engi data", titles) == []
    assert find("engi ", titles) == []


def test_an_unfinished_phrase_finds_its_continuation(find: Find) -> None:
    """An open quote and a joined name are continued as phrases."""
    titles = {"1": "Senior data engineer", "2": "Node.js and engineer of data"}
    assert find('"data engi', titles) == ["1"]
    assert find("node.j", titles) == ["2"]


def test_a_phrase_that_could_go_on_in_too_many_ways_waits_for_more(fill: Fill) -> None:
    """While the last letter of an open phrase begins thousands of words, the phrase before it is what counts."""
    many = " ".join(f"s{number}" for number in range(20_000))
    index = fill({"1": {"title": "data sound"}, "2": {"title": "data engineer"}, "3": {"title": many}})
    assert index.search(Query('"data s')).ids == ("1", "2")
    assert index.search(Query('"data so')).ids == ("1",)


def test_the_finished_word_comes_before_its_completions(fill: Fill) -> None:
    """A document with the very word precedes one with a longer word, even where that stands in the title."""
    index = fill({"1": {"title": "Production product"}, "2": {"description": "prod " + "filler " * 50}})
    assert index.search(Query("prod")).ids == ("2", "1")


def test_a_beginning_of_very_many_words_finds_them_all(fill: Fill) -> None:
    """Completions beyond the most frequent ones are found too."""
    ids = [f"{number:03}" for number in range(100)]
    index = fill({each: {"title": f"eng{each}"} for each in ids})
    assert sorted(index.search(Query("eng", limit=100)).ids) == ids


def test_a_boosted_field_ranks_higher(fill: Fill) -> None:
    """A word in the title outweighs the same word in the description."""
    index = fill(
        {"1": {"title": "Counsel", "description": "audio"}, "2": {"title": "Audio", "description": "law"}}
    )
    assert index.search(Query("audio ")).ids == ("2", "1")


@pytest.mark.parametrize(
    ("typed", "finds"),
    [("pyhton ", True), ("pyton ", True), ("puthonn ", False), ("kuberntes ", True), ("kubrnets ", True)],
)
def test_a_mistyped_word_is_replaced(find: Find, typed: str, finds: bool) -> None:
    """One edit (or swap) from four letters on, two from eight."""
    assert bool(find(typed, {"1": "Python on Kubernetes"})) is finds


def test_replaced_words_are_reported(fill: Fill) -> None:
    """The answer names the words it did not take as written."""
    index = fill({"1": {"title": "Python engineer"}})
    assert index.search(Query("Pyhton engineer")).corrected == ("Pyhton",)


def test_a_word_that_stands_somewhere_is_not_replaced(fill: Fill) -> None:
    """Typo tolerance never adds to words that exist."""
    answer = fill({"1": {"title": "Sales tales"}, "2": {"title": "tales"}}).search(Query("sales "))
    assert (answer.ids, answer.corrected) == (("1",), ())


@pytest.mark.parametrize("typed", ["dyt ", "2925 ", "pqthqn "])
def test_short_words_figures_and_far_words_are_not_replaced(fill: Fill, typed: str) -> None:
    """Three letters, numbers and words more than the allowed edits away stay as written and find nothing."""
    answer = fill({"1": {"title": "cyt 2025 python"}}).search(Query(typed))
    assert (answer.total, answer.corrected) == (0, ())


def test_a_mistyped_beginning_is_replaced(fill: Fill) -> None:
    """Search as you type forgives a typo in an unfinished word."""
    answer = fill({"1": {"title": "Recommendation"}}).search(Query("recomen"))
    assert (answer.ids, answer.corrected) == (("1",), ("recomen",))


def test_a_title_can_be_asked_alone(fill: Fill) -> None:
    """Contains looks at one boosted field, with phrases and exclusions, and never completes."""
    index = fill({"1": {"title": "Data engineer", "description": "sales"}, "2": {"description": "data"}})
    found = [index.search(Query(filters=(Contains("title", text),))).ids for text in ("data -sales", "engi", "")]
    assert found == [("1",), (), ("1", "2")]


def test_text_without_boost_cannot_be_asked_alone(fill: Fill) -> None:
    """The refusal says which fields can."""
    with pytest.raises(InvalidQuery, match="only text with a boost"):
        fill({}).search(Query(filters=(Contains("description", "data"),)))


@pytest.mark.parametrize(
    "text",
    ["a" * 10_000, "x " * 5_000, "(" * 10_000, '"' * 9_999, "-" * 10_000, "\x00\x07 \ud800", "title:[* TO *]"],
)
def test_hostile_text_is_answered(fill: Fill, text: str) -> None:
    """Ten kilobytes of anything, broken characters and query languages are just text."""
    assert fill({"1": {"title": "x title"}}).search(Query(text)).total in {0, 1}


def test_query_syntax_means_nothing(find: Find) -> None:
    """Field names, wildcards and operators of tantivy's own language are words or punctuation."""
    titles = {"1": "Title engineer", "2": "Engineer OR title"}
    assert find("title:engineer", titles) == ["1"]
    assert find("engineer OR title ", titles) == ["2"]
    assert find("engin* title ", titles) == []


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(codec=None), max_size=60))
def test_any_text_gives_an_answer(one_title: SearchIndex, text: str) -> None:
    """No text raises, and what is found is what is there."""
    answer = one_title.search(Query(text, facets=(Facet("city"),)))
    assert answer.ids in {(), ("1",)}
    assert answer.total == len(answer.ids)
