"""Limits from TOML: what is written is what binds, and whatever is wrong is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.engines.allocation import Group, InvalidProblem, Kind, Limits, Row
from bandmate.engines.allocation.limits_file import read_limits

WHOLE = """
per_person_max = 2

[[row]]
name = "volume"
column = "messages"
kind = "cap"
limit = 1000

[[row]]
name = "sign-ups"
column = "sign_up"
kind = "floor"
limit = 12.5
exchange_rate = 3

[[group]]
name = "push"
options = [1, 2, 3]
max = 2

[[exclusion]]
options = [4, 5]
"""


def written(folder: Path, text: str) -> Path:
    """Write a limits file."""
    path = folder / "limits.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_what_binds(tmp_path: Path) -> None:
    """Rows, groups and exclusions come out as they went in; an exclusion allows one."""
    assert read_limits(written(tmp_path, WHOLE)) == Limits(
        2,
        (
            Row("volume", "messages", Kind.CAP, 1000.0),
            Row("sign-ups", "sign_up", Kind.FLOOR, 12.5, exchange_rate=3.0),
        ),
        (Group("push", frozenset({1, 2, 3}), 2), Group("exclusion 1", frozenset({4, 5}), 1)),
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("per_person_max = 2", "per_person_max = ", "cannot be read as TOML"),
        ("per_person_max = 2", "", "needs per_person_max"),
        ("per_person_max = 2", "per_person_max = true", "needs per_person_max"),
        ("per_person_max = 2", "per_person_max = -2", "give 0 or more"),
        ("per_person_max = 2", "per_person_max = 2\nspeed = 3", "'speed', which is not known"),
        ("[[exclusion]]", "[exclusion]", "exclusion as a table of its own"),
        ('column = "messages"\n', "", "row 1 lacks 'column'"),
        ("limit = 1000", "limit = 1000\nlimt = 1", "row 1 holds 'limt'"),
        ('kind = "floor"', 'kind = "flor"', "kind of row 2 is 'flor'"),
        ("limit = 1000", 'limit = "1000"', "'limit' of row 1 must be a number"),
        ("limit = 1000", "limit = true", "'limit' of row 1 must be a number"),
        ("limit = 1000", "limit = nan", "finite"),
        ("limit = 1000", "limit = 1000\nexchange_rate = 1", "takes no exchange_rate"),
        ("exchange_rate = 3\n", "", "needs an exchange_rate"),
        ("exchange_rate = 3", "exchange_rate = inf", "needs an exchange_rate"),
        ('name = "volume"', "name = 7", "'name' of row 1 must be a text"),
        ('name = "volume"', 'name = "sign-ups"', "Two rows have the name 'sign-ups'"),
        ('name = "push"', 'name = ""', "'name' of group 1 must be a text"),
        ("max = 2\n\n[[ex", 'max = "2"\n\n[[ex', "'max' of group 1 must be a whole number"),
        ("max = 2\n\n[[ex", "max = -1\n\n[[ex", "allows -1"),
        ("options = [1, 2, 3]", "options = [1, 2.5]", "options of group 1 must be a list of whole numbers"),
        ("options = [4, 5]", "options = 4", "options of exclusion 1 must be a list"),
        ("options = [4, 5]", "options = [4, 3000000000]", "3000000000"),
    ],
)
def test_whatever_is_wrong_is_named(tmp_path: Path, before: str, after: str, words: str) -> None:
    """One change that breaks the file, one sentence that says where."""
    assert before in WHOLE
    with pytest.raises(InvalidProblem, match=words.replace("[", r"\[")):
        read_limits(written(tmp_path, WHOLE.replace(before, after, 1)))


def test_more_groups_than_a_word_has_bits_are_refused(tmp_path: Path) -> None:
    """65 exclusions are one too many."""
    many = "".join(f"[[exclusion]]\noptions = [{each}]\n" for each in range(65))
    with pytest.raises(InvalidProblem, match="at most 64"):
        read_limits(written(tmp_path, "per_person_max = 1\n" + many))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(InvalidProblem, match=r"none\.toml cannot be read"):
        read_limits(tmp_path / "none.toml")
