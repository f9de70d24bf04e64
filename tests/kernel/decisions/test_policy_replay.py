"""Policy replay: whom another rule would treat differently, in figures that give no single person away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from bandmate.cli import app
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import HOLDING, Decision, Ruling, Values, commands, record, replay_rule
from bandmate.kernel.decisions.groups import told, wilson
from bandmate.kernel.decisions.policy_replay import BLOCK, Difference
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId

from .conftest import ADMISSION, HOUR, NOON, admission, admit


def stricter(inputs: Values) -> Ruling:
    """Admit from twelve points on, and never mind who comes back."""
    return Ruling("admitted" if float(str(inputs["points"])) >= 12 else "refused")


@pytest.fixture
def people(database: Database, make_person: Callable[[str], PersonId]) -> list[PersonId]:
    """Thirty persons with 0 to 14 points, two each; the odd ones were decided about twice."""
    persons = [make_person(f"Person {number}") for number in range(30)]
    decisions = [admission(person, number // 2) for number, person in enumerate(persons)]
    decisions += [
        admission(person, number // 2, at=NOON + HOUR) for number, person in enumerate(persons) if number % 2
    ]
    with database.begin() as tx:
        record(tx, decisions)
    return persons


class TestIntervals:
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_wilson_is_that_of_the_paper(self, successes: int, trials: int, low: float, high: float) -> None:
        """The examples of Newcombe (1998), table I, method 3."""
        assert [round(bound, 4) for bound in wilson(successes, trials)] == [low, high]

    @given(trials=st.integers(1, 10_000), share=st.floats(0, 1))
    def test_interval_holds_the_rate(self, trials: int, share: float) -> None:
        """It lies within 0 and 1 and around the rate."""
        successes = round(trials * share)
        low, high = wilson(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1

    def test_nothing_tried_says_nothing(self) -> None:
        """Without trials every rate is possible; more successes than trials are a mistake."""
        assert wilson(0, 0) == (0.0, 1.0)
        with pytest.raises(ValueError, match="no rate"):
            wilson(3, 2)


class TestSmallCounts:
    @given(counts=st.dictionaries(st.text(max_size=3), st.integers(0, 40), max_size=6), minimum=st.integers(1, 20))
    def test_no_small_count_can_be_worked_out(self, counts: dict[str, int], minimum: int) -> None:
        """None below the minimum is told, and none is the only one left out while others could hide it."""
        shown = told(counts, minimum)
        assert all(count is None or count == 0 or count >= minimum for count in shown.values())
        hidden = [name for name, count in shown.items() if count is None]
        others = [name for name, count in counts.items() if count > 0]
        assert len(hidden) != 1 or len(others) == 1
        assert all(shown[name] in (None, count) for name, count in counts.items())


class TestReplay:
    def test_same_rule_changes_nobody(self, database: Database, people: list[PersonId]) -> None:
        """What was stored is all the rule needs, and it decides as it did."""
        with database.read() as tx:
            report = replay_rule(tx, ADMISSION.name, admit, since=NOON)
        assert (report.decisions, report.persons) == (45, len(people))
        assert (report.differently, report.persons_differently, report.undecidable) == (0, 0, 0)

    def test_changed_rule_says_who_and_how(self, database: Database, people: list[PersonId]) -> None:
        """Those with 10 and 11 points, once for each decision; persons are counted once."""
        found: list[Difference] = []
        with database.read() as tx:
            report = replay_rule(tx, ADMISSION.name, stricter, since=NOON, on_difference=found.append)
        assert {difference.decision.subject for difference in found} == set(people[20:24])
        assert {(difference.decision.outcome, difference.after) for difference in found} == {
            ("admitted", "refused")
        }
        assert (report.differently, report.persons_differently) == (6, 4)
        assert report.outcomes["admitted", "refused"] == 6
        low, high = report.interval()
        assert low < 4 / 30 < high

    def test_groups_count_persons_and_hide_small_counts(self, database: Database, people: list[PersonId]) -> None:
        """A group's many decisions do not make it large; whoever has no group is a group too."""
        groups = {person: "north" if number < 22 else "south" for number, person in enumerate(people[:28])}
        with database.read() as tx:
            report = replay_rule(tx, ADMISSION.name, stricter, since=NOON, groups=groups)
        by_name = {rate.group: rate for rate in report.groups(minimum=1)}
        assert {name: (rate.persons, rate.differently) for name, rate in by_name.items()} == {
            "north": (22, 2),
            "south": (6, 2),
            "(no group given)": (2, 0),
        }
        assert by_name["south"].interval == wilson(2, 6)
        assert by_name["south"].outcomes == {"admitted → refused": 2}
        hidden = {rate.group: (rate.persons, rate.differently, rate.rate) for rate in report.groups(minimum=7)}
        assert hidden == {
            "north": (22, None, None),
            "south": (None, None, None),
            "(no group given)": (None, None, None),
        }

    def test_rule_that_cannot_decide_is_a_finding(self, database: Database, people: list[PersonId]) -> None:
        """Decisions it fails on are counted with the first reason, and the others are compared."""

        def choosy(inputs: Values) -> Ruling:
            if inputs["points"] == 3:
                raise KeyError("shoe_size")
            return admit(inputs)

        with database.read() as tx:
            report = replay_rule(tx, ADMISSION.name, choosy, since=NOON)
        assert (report.decisions, report.undecidable, report.persons) == (42, 3, len(people) - 2)
        assert report.first_error == "KeyError: 'shoe_size'"

    def test_since_and_until_bound_it(self, database: Database, people: list[PersonId]) -> None:
        """The first instant is in, the last is out."""
        with database.read() as tx:
            assert replay_rule(tx, ADMISSION.name, admit, since=NOON + HOUR).decisions == 15
            assert replay_rule(tx, ADMISSION.name, admit, since=NOON, until=NOON + HOUR).decisions == 30
            assert replay_rule(tx, "tests.other", admit, since=NOON).decisions == 0

    def test_more_than_a_block_is_read(self, database: Database, mia: PersonId) -> None:
        """Blocks follow one another, and other queries of the transaction work as before."""
        with database.begin() as tx:
            record(tx, [admission(mia, number) for number in range(2 * BLOCK + 7)])
        with database.read() as tx:
            report = replay_rule(tx, ADMISSION.name, stricter, since=NOON)
            assert tx.execute(text("select 1")).scalars().all() == [1]
        assert (report.decisions, report.differently, report.persons) == (2 * BLOCK + 7, 2, 1)


class TestCommand:
    def run(self, database: Database, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
        """Run the command on the test's database; return its exit code and everything it printed."""
        monkeypatch.setenv("DATABASE_URL", database.url)
        monkeypatch.setenv("COLUMNS", "200")
        result = CliRunner().invoke(app, ["decisions", "replay", *words])
        return result.exit_code, result.output

    def test_it_tells_tables_and_writes_who(
        self, database: Database, people: list[PersonId], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Outcomes and groups on stdout, the single decisions in the file, nothing changed in the database."""
        groups, out = tmp_path / "groups.csv", tmp_path / "who.ndjson"
        groups.write_text("person_id,group\n" + "".join(f"{person},all\n" for person in people))
        (tmp_path / "trial_rules.py").write_text(
            "from bandmate.kernel.decisions import Ruling\n"
            "def strict(inputs):\n    return Ruling('admitted' if inputs['points'] >= 12 else 'refused')\n"
        )
        monkeypatch.chdir(tmp_path)
        asked = (ADMISSION.name, "--as", "trial_rules:strict", "--since", "2026-11-21", "--by", str(groups))
        code, output = self.run(database, monkeypatch, *asked, "--minimum", "3", "--out", str(out))
        assert code == 0, output
        assert "admitted\trefused\t6" in output
        assert "all\t30\t4\t13.3%" in output
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert {line["person_id"] for line in lines} == {str(person) for person in people[20:24]}
        assert {(line["before"], line["after"], line["group"]) for line in lines} == {
            ("admitted", "refused", "all")
        }

    def test_declared_rule_is_named_by_version(
        self, database: Database, people: list[PersonId], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A rule the program knows needs no module."""
        code, output = self.run(
            database, monkeypatch, ADMISSION.name, "--as", str(ADMISSION), "--since", "2026-11-21"
        )
        assert code == 0, output
        assert "0 of 45 decisions" in output

    @pytest.mark.parametrize("candidate", ["nothing", "tests.admission@9", "no_such_module:x", "json:nothing"])
    def test_unknown_rule_is_wrong_usage(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, candidate: str
    ) -> None:
        """It says what is known and exits with 2."""
        code, _ = self.run(database, monkeypatch, ADMISSION.name, "--as", candidate, "--since", "2026-11-21")
        assert code == 2

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("person,colour\n1,red\n", "columns person_id and group"),
            ("person_id,group\nnobody,red\n", "line 2"),
            ("person_id,group\n6f1b7ad4-5d0c-4b1c-9a55-2f7f0d3a6c11,\n", "group is empty"),
        ],
    )
    def test_groups_that_cannot_be_read_are_told(self, tmp_path: Path, content: str, complaint: str) -> None:
        """The line at fault is named."""
        file = tmp_path / "groups.csv"
        file.write_text(content)
        with pytest.raises(InvalidInput, match=complaint):
            commands.read_groups(file)


def test_decisions_of_erased_persons_are_left_out(database: Database, refused: Decision, mia: PersonId) -> None:
    """Their inputs are gone, so nothing could be decided from them."""
    with database.begin() as tx:
        HOLDING.erase(tx, mia, NOON)
        assert replay_rule(tx, refused.rule, admit, since=NOON).decisions == 0
