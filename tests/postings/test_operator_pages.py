"""Boards and runs: for operators only, followed and unfollowed with a way back, and true to what was archived."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.postings.pages_world import Reader, make_app, reader_of, sign_in, words

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.postings.boards import BoardState, board_states
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.pages.operators import pace

STUDIO = BoardName("lever", "halfnote")
LABEL = BoardName("greenhouse", "marigold")
PAYLOAD = f"/boards/{LABEL.board_id}/runs/2026-03-03T15:00:00.000Z/payload"


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> FastAPI:
    """The application with the story in it."""
    return make_app(database, settings, tmp_path, indexed=False)


@pytest.fixture
def operator(app: FastAPI, database: Database) -> Reader:
    """Somebody who runs this installation."""
    return sign_in(app, database, Role.OPERATOR)


def state(database: Database, board: BoardName) -> BoardState:
    """Return what is known of a board."""
    with database.read() as tx:
        return board_states(tx, boards=[board])[0]


@pytest.mark.parametrize("path", ["/boards", f"/boards/{LABEL.board_id}", PAYLOAD])
def test_strangers_are_asked_to_sign_in(app: FastAPI, path: str) -> None:
    """Nobody unknown sees boards, runs or payloads."""
    answer = reader_of(app).get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/boards", f"/boards/{LABEL.board_id}", PAYLOAD])
def test_members_may_not_see_boards(app: FastAPI, database: Database, path: str) -> None:
    """An account alone does not open the operators' pages."""
    assert sign_in(app, database, Role.MEMBER).get(path).status_code == 403


@pytest.mark.parametrize("action", ["crawl", "follow", "unfollow"])
def test_strangers_change_nothing(app: FastAPI, database: Database, action: str) -> None:
    """A form from nobody is refused and the board stays as it was."""
    before = state(database, LABEL)
    assert reader_of(app).client.post(f"/boards/{LABEL.board_id}/{action}").status_code in {303, 401, 403}
    assert state(database, LABEL) == before


def test_the_list_says_what_the_last_runs_came_to(operator: Reader) -> None:
    """Each board stands with its verdict, and one whose last run failed as not confirmed."""
    seen = operator.see("/boards")
    assert "0 boards followed of 2 known; 1 not confirmed at the moment" in seen
    assert "Failed Not confirmed since" in seen
    attention = operator.see("/boards?show=attention").partition("Last result")[2]
    assert "greenhouse:marigold" in attention
    assert "lever:halfnote" not in attention


def test_a_board_shows_what_each_run_proved(operator: Reader) -> None:
    """A faulty posting lowers the run, and its place in the payload and the reason are told."""
    markup = operator.read(f"/boards/{LABEL.board_id}")
    seen = words(markup)
    assert "Partial recorded as complete" in seen
    assert "/jobs/7" in seen
    assert "None HTTP 503" in seen
    assert "No usable answer came" in markup


def test_the_payload_is_given_byte_for_byte(operator: Reader, settings: Settings) -> None:
    """An operator downloads what the board answered, as a file that no browser opens."""
    answer = operator.get(PAYLOAD)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert hashlib.sha256(answer.content).hexdigest() in answer.headers["Content-Disposition"]
    assert len(json.loads(answer.content)["jobs"]) == 8


@pytest.mark.parametrize("moment", ["2026-03-05T14:00:00.000Z", "2026-03-06T02:00:00.000Z", "yesterday"])
def test_a_payload_that_is_not_there_is_not_found(operator: Reader, moment: str) -> None:
    """A run that never was, one that left no answer, and nonsense are 404."""
    assert operator.get(f"/boards/{LABEL.board_id}/runs/{moment}/payload").status_code == 404


def test_a_new_board_is_followed_and_can_be_undone(operator: Reader, database: Database) -> None:
    """The form follows a board for a company, says so, and its undo ends it."""
    answer = operator.submit("/boards", "/boards", board="ashby:Northlight", every="1d", company="Northlight")
    board = BoardName("ashby", "Northlight")
    assert answer.headers["Location"] == f"/boards/{board.board_id}"
    followed = state(database, board)
    assert (followed.followed, followed.every_minutes, followed.company) == (True, 1440, "Northlight")
    assert "ashby:Northlight is followed" in operator.see(answer.headers["Location"])
    operator.submit(f"/boards/{board.board_id}", f"/boards/{board.board_id}/unfollow")
    assert not state(database, board).followed


def test_unfollowing_can_be_undone_at_the_same_pace(operator: Reader, database: Database) -> None:
    """The undo of “no longer followed” follows again, as often as before."""
    page = f"/boards/{STUDIO.board_id}"
    operator.submit(page, f"{page}/follow", every="90m")
    operator.submit(page, f"{page}/unfollow")
    assert f'action="{page}/follow"' in operator.read(page).partition("Done:")[2]
    operator.submit(page, f"{page}/follow")
    assert state(database, STUDIO).every_minutes == 90


@pytest.mark.parametrize(
    ("board", "every", "said"),
    [
        ("spotify", "6h", "write provider:board"),
        ("monster:acme", "6h", "monster"),
        ("lever:halfnote", "5m", "too often"),
    ],
)
def test_a_form_that_cannot_be_used_is_shown_again(operator: Reader, board: str, every: str, said: str) -> None:
    """What is wrong stands above the form, what was typed is kept, and nothing is followed."""
    answer = operator.submit("/boards", "/boards", board=board, every=every)
    assert answer.status_code == 422
    assert said in words(answer.text.partition("There is a problem")[2])
    assert f'value="{board}"' in answer.text


def test_reading_now_hands_the_board_to_a_worker(operator: Reader, database: Database) -> None:
    """The button defers one task with this board."""
    answer = operator.submit(f"/boards/{STUDIO.board_id}", f"/boards/{STUDIO.board_id}/crawl")
    assert answer.status_code == 303
    with database.read() as tx:
        jobs = tx.execute(text("select task_name, args from procrastinate.procrastinate_jobs")).all()
    assert [(job.task_name, job.args) for job in jobs] == [("postings.crawl_boards", {"boards": [str(STUDIO)]})]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(60, "every hour"), (360, "every 6 hours"), (1440, "every day"), (90, "every 90 minutes")],
)
def test_a_pace_is_said_in_its_largest_unit(minutes: int, said: str) -> None:
    """Intervals are told as people say them."""
    assert pace(minutes) == said
