"""Why a posting is closed, open again or stated twice: decided again by the rules that folded its board."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.postings.boards_in_shape import START, Look, lever_board, lever_posting, tell
from tests.postings.pages_world import reader_of

from bandmate.app import create_app
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import Case, decision, decisions_on, override
from bandmate.kernel.identity import Asker, Role
from bandmate.kernel.identity.access import ANONYMOUS
from bandmate.kernel.identity.persons import create_person
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import job_id
from bandmate.postings.domain.lifecycle import Outcome, Presence, Transition, absent
from bandmate.postings.reasons import CLOSED, CLOSING, CONFLICT, REOPENED, about
from bandmate.postings.replay import replay

GONE = job_id("lever", "halfnote", "gone")
JOB = about(GONE)


@pytest.fixture
def told(database: Database, settings: Settings, tmp_path: Path) -> None:
    """A posting that closes, returns and closes again, with a failed and a partial run in between."""
    stays = lever_posting("stays")
    gone = lever_posting(
        "gone", workplaceType="onsite", description="<div>We ask that you come in 3 times per week.</div>"
    )
    with_it, without = lever_board(stays, gone), lever_board(stays)
    looks = [
        Look(0, with_it),
        Look(10, without),
        Look(20, None, outcome=Outcome.FAILED),
        Look(22, without, outcome=Outcome.PARTIAL),
        Look(30, without),
        Look(40, with_it),
        Look(50, with_it),
        Look(60, without),
        Look(70, without),
        Look(80, without),
    ]
    tell(tmp_path / "story", looks)
    replay(database, tmp_path / "story", settings.archive_folder, LaunchScope.of(settings), processes=1)


def cases(database: Database) -> dict[tuple[str, float], Case]:
    """Return the decisions about the posting by kind and hours since the start."""
    with database.read() as tx:
        page = decisions_on(tx, JOB, asker=ANONYMOUS)
    return {
        (case.decision.kind, (case.decision.decided_at - START) / timedelta(hours=1)): case for case in page.items
    }


def times(*hours: float) -> list[str]:
    """Return instants of the story as inputs hold them."""
    return [rfc3339(START + timedelta(hours=each)) for each in hours]


@pytest.mark.usefixtures("told")
class TestDerived:
    def test_each_closing_names_its_runs(self, database: Database) -> None:
        """Absences are the complete runs since the last sighting, also of a closing that was undone since."""
        found = cases(database)
        first, second = found[CLOSED, 30].decision, found[CLOSED, 80].decision
        assert first.values == {"last_seen_at": times(0)[0], "absent_runs": times(10, 30)}
        assert second.values == {"last_seen_at": times(50)[0], "absent_runs": times(60, 70, 80)}
        assert {first.outcome, second.outcome} == {"closed"}

    def test_reopening_names_closing_and_sighting(self, database: Database) -> None:
        """It was closed then, and listed now."""
        reopened = cases(database)[REOPENED, 40].decision
        assert reopened.values == {"closed_at": times(30)[0], "seen_at": times(40)[0]}
        assert reopened.outcome == "open"

    def test_conflict_says_which_statement_is_used(self, database: Database) -> None:
        """The field goes before the text, and both stand there."""
        [conflict] = [case.decision for (kind, _), case in cases(database).items() if kind == CONFLICT]
        assert (conflict.values["stated"], conflict.values["text"]) == ("on_site", "hybrid")
        assert conflict.outcome == "stated"

    def test_ids_are_stable(self, database: Database, settings: Settings, tmp_path: Path) -> None:
        """A second reading and a second replay give the same decisions."""
        before = cases(database)
        replay(database, tmp_path / "story", settings.archive_folder, LaunchScope.of(settings), processes=1)
        assert cases(database) == before
        assert len({case.decision.decision_id for case in before.values()}) == 4

    def test_nothing_is_written_by_reading(self, database: Database) -> None:
        """The ledger stays empty until a person acts."""
        cases(database)
        with database.read() as tx:
            assert tx.execute(text("select count(*) from kernel.decision")).scalar_one() == 0

    def test_override_stores_it_and_all_see_why(self, database: Database, settings: Settings) -> None:
        """It then stands in the list once, as stored, with the operator's reason, also on the job's page."""
        derived = cases(database)[CLOSED, 80].decision
        with database.begin() as tx:
            ola = create_person(tx, name="Ola Lund", now=START)
            asker = Asker(ola, "Ola Lund", Role.OPERATOR.included, frozenset(), "session")
            override(
                tx,
                derived.decision_id,
                asker=asker,
                outcome="open",
                reason="They told us by phone.",
                now=START + timedelta(hours=90),
                about=JOB,
            )
        with database.read() as tx:
            assert decision(tx, derived.decision_id, asker=ANONYMOUS).outcome == "open"
        assert len(cases(database)) == 4
        seen = reader_of(create_app(settings, database)).see(f"/jobs/{GONE}")
        assert "They told us by phone." in seen

    def test_page_and_api_tell_the_same(self, database: Database, settings: Settings) -> None:
        """The job's page shows each sentence behind "Why?"; the API gives the same decisions to anyone."""
        reader = reader_of(create_app(settings, database))
        page = reader.see(f"/jobs/{GONE}")
        answered = reader.client.get(f"/job-postings/v1/jobs/{GONE}/decisions").json()
        assert answered["meta"]["total"] == 4
        assert page.count("absent from 3 complete runs of its board in a row, and 30 hours") >= 1
        assert all(each["sentence"] in page for each in answered["data"])
        nothing = reader.client.get(f"/job-postings/v1/jobs/{'0' * 40}/decisions")
        assert nothing.status_code == 404


@given(gaps=st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_rule_decides_as_the_fold_did(gaps: list[int]) -> None:
    """For any runs without a posting, the rule says closed exactly where the fold closes it."""
    seen = START
    presence, closed = Presence(seen, seen, seen), False
    runs: list[datetime] = []
    for gap in gaps:
        runs.append((runs[-1] if runs else seen) + timedelta(hours=gap))
        presence, step = absent(presence, runs[-1])
        closed |= step is Transition.CLOSED
        ruling = CLOSING.decide({"last_seen_at": rfc3339(seen), "absent_runs": [rfc3339(at) for at in runs]})
        assert (ruling.outcome == "closed") is closed
