"""What counts as a change: meaning, not bytes; a posting's own, not its board's."""

from __future__ import annotations

import pytest

from bandmate.postings.domain.changes import (
    Change,
    Meaning,
    Value,
    changes,
    content_hash,
    fold_board_changes,
    source_hash,
)

BOILERPLATE_OLD = "We are an equal opportunity employer."
BOILERPLATE_NEW = "We welcome everyone who makes music possible."


def meaning(**facts: Value) -> Meaning:
    """Return a posting's meaning with some facts replaced."""
    usual: dict[str, Value] = {
        "title": "Sound Engineer",
        "locations": ["Berlin", "Paris"],
        "description": "You mix.\nYou master.",
    }
    return usual | facts


class TestMeaning:
    @pytest.mark.parametrize(
        "cosmetic",
        [
            {"title": "  Sound   Engineer "},
            {"title": "Sound\u00a0Engineer"},
            {"title": "Sound\u200b Engineer"},
            {"locations": ["Paris", "Berlin"]},
            {"description": "You mix.\n\n\nYou  master."},
        ],
    )
    def test_cosmetic_differences_mean_the_same(self, cosmetic: dict[str, str | list[str]]) -> None:
        """Spacing, invisible characters and the order of locations are no change and give the same hash."""
        assert changes(meaning(), meaning(**cosmetic)) == ()
        assert content_hash(meaning()) == content_hash(meaning(**cosmetic))

    def test_typographic_quotes_and_dashes_mean_the_same(self) -> None:
        """A straight and a typographic quote or dash are the same to a reader."""
        straight, typographic = meaning(title='Engineer - "Live"'), meaning(title="Engineer – “Live”")  # noqa: RUF001
        assert changes(straight, typographic) == ()

    def test_each_changed_field_is_named_once_with_both_values(self) -> None:
        """Two changed fields are two changes, each with old and new value as they were written."""
        new = meaning(title="Senior Sound Engineer", description="You mix.")
        assert changes(meaning(), new) == (
            Change("title", "Sound Engineer", "Senior Sound Engineer"),
            Change("description", "You mix.\nYou master.", "You mix."),
        )

    def test_source_hash_ignores_the_order_of_keys_only(self) -> None:
        """The source hash stands for the bytes: another order of keys is the same JSON, another value is not."""
        assert source_hash({"a": 1, "b": 2}) == source_hash({"b": 2, "a": 1})
        assert source_hash({"a": 1}) != source_hash({"a": 1.5})


def edited(key: int, *, own: str = "") -> Change:
    """Return the change of a description whose boilerplate was exchanged, and perhaps a line of its own."""
    return Change(
        "description",
        f"Posting {key}\n{BOILERPLATE_OLD}",
        f"Posting {key}{own}\n{BOILERPLATE_NEW}",
    )


class TestBoardChanges:
    def test_same_lines_on_many_postings_are_the_boards_edit(self) -> None:
        """The same paragraph exchanged on six of ten postings is one edit of the board and nobody's own."""
        own, board = fold_board_changes({str(n): [edited(n)] for n in range(6)}, listed=10)
        assert own == {}
        assert len(board) == 1
        assert (board[0].old, board[0].new) == ([BOILERPLATE_OLD], [BOILERPLATE_NEW])
        assert board[0].keys == tuple("012345")

    def test_a_posting_that_also_changed_itself_keeps_its_own_change(self) -> None:
        """One posting that changed more than the shared lines keeps its change beside the board's edit."""
        by_posting = {str(n): [edited(n)] for n in range(6)} | {"6": [edited(6, own=" with a new task")]}
        own, board = fold_board_changes(by_posting, listed=10)
        assert list(own) == ["6"]
        assert board[0].keys == tuple("0123456")

    def test_a_few_postings_are_not_a_board(self) -> None:
        """The same edit on four postings stays four changes."""
        own, board = fold_board_changes({str(n): [edited(n)] for n in range(4)}, listed=4)
        assert (len(own), board) == (4, ())

    def test_a_small_share_of_a_large_board_is_not_the_board(self) -> None:
        """Six postings of a hundred that change alike are six changes."""
        own, board = fold_board_changes({str(n): [edited(n)] for n in range(6)}, listed=100)
        assert (len(own), board) == (6, ())

    def test_one_value_changed_alike_is_folded_and_others_are_kept(self) -> None:
        """A renamed company is the board's edit; a title changed in the same run stays the posting's."""
        renamed = Change("company", "Marigold", "Marigold Wax")
        by_posting = {str(n): [renamed] for n in range(8)}
        by_posting["3"] = [renamed, Change("title", "A&R", "Senior A&R")]
        own, board = fold_board_changes(by_posting, listed=8)
        assert {key: [change.field for change in kept] for key, kept in own.items()} == {"3": ["title"]}
        assert [(edit.field, len(edit.keys)) for edit in board] == [("company", 8)]
