"""The commands: lines in, as many JSON lines out, no database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.engines.skills.conftest import release
from typer.testing import CliRunner

from bandmate.engines.skills.commands import Folders, add_to

Run = Callable[..., list[dict[str, Any]]]

LINES = [
    b"You plan tours.",
    b"",
    b"\x00\xff\xfe \x80",
    b"x" * 100_000,
    "Größe 職 \U0001f3b8".encode(),
    b"<b>Excel</b> & <script>Java</script>",
    b"last",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Call a command over a home of its own with the fictional release imported."""
    home = tmp_path_factory.mktemp("home")
    app = typer.Typer()
    add_to(app, lambda: Folders(home / "taxonomy", home / "models"))

    def call(*arguments: str, given: bytes = b"") -> list[dict[str, Any]]:
        result = CliRunner().invoke(app, list(arguments), input=given, catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    call("taxonomy", "import", str(release(tmp_path_factory.mktemp("release"), "9.1.0")))
    return call


def test_every_line_is_answered_in_order(run: Run) -> None:
    """Empty, enormous, wrongly encoded and foreign lines included."""
    answers = run("skills", "link", "--top", "3", given=b"\n".join(LINES) + b"\n")
    assert len(answers) == len(LINES)
    assert answers[0]["skills"][0]["label"] == "plan tours"
    assert answers[1] == {"text": "", "skills": [], "version": answers[0]["version"]}
    assert answers[5]["text"] == "Excel &"


def test_a_last_line_without_an_end_counts(run: Run) -> None:
    """As does a line that ends in a carriage return."""
    assert [one["text"] for one in run("skills", "link", given=b"Excel\r\nJava")] == ["Excel", "Java"]


def test_spans_point_into_the_text(run: Run) -> None:
    """``text[start:end]`` is the evidence."""
    answer = run("skills", "link", "--top", "5", given="Öffentlich: public speaking & teamwork\n".encode())[0]
    for skill in answer["skills"]:
        assert answer["text"][skill["start"] : skill["end"]] == skill["evidence"]


def test_titles_are_normalised(run: Run) -> None:
    """Title, core, seniority and occupations; an empty line has none."""
    answers = run("titles", "normalise", "--top", "2", given=b"Senior luthier (m/f/d)\n\n")
    assert answers[0]["title"] == "Senior luthier (m/f/d)"
    assert (answers[0]["core"], answers[0]["seniority"]) == ("luthier", "senior")
    assert answers[0]["occupations"][0]["label"] == "guitar maker"
    assert answers[1]["occupations"] == []


def test_rankings_count_lines_from_1(run: Run, tmp_path: Path) -> None:
    """Empty lines of the corpus keep their number; --top cuts."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(b"Cook\n\nLive sound technician\nNurse\n")
    answers = run("titles", "rank", "--corpus", str(corpus), "--top", "9", given=b"Sound engineer\n")
    assert sorted(answers[0]["ranking"]) == [1, 2, 3, 4]
    assert answers[0]["ranking"][0] == 3
    assert len(run("titles", "rank", "--corpus", str(corpus), "--top", "2", given=b"Cook\n")[0]["ranking"]) == 2


def test_the_attribution_is_told(tmp_path: Path) -> None:
    """The terms of reuse ask for a sentence; it stands where the vocabulary is imported."""
    app = typer.Typer()
    add_to(app, lambda: Folders(tmp_path / "taxonomy", tmp_path / "models"))
    release(tmp_path, "9.1.0")
    result = CliRunner().invoke(app, ["taxonomy", "import", str(tmp_path)], catch_exceptions=False)
    assert "This service uses the ESCO classification of the European Commission." in result.stderr
