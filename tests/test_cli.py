"""The program as a process: what a user sees when it fails, is stopped or loses its reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.postings.boards_in_shape import Look, lever_board, lever_posting, tell
from typer.main import get_command

from bandmate import cli, engine_commands
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.main import ENGINES
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.replay import replay


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    """An installation of the test's own."""
    return os.environ | {"BANDMATE_HOME": str(tmp_path / "home"), "DATABASE_URL": database_url}


def bandmate(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """Start the program."""
    return subprocess.Popen(
        [sys.executable, "-m", "bandmate", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def many_records(database: Database, settings: Settings, tmp_path: Path) -> None:
    """More records than a pipe holds."""
    board = lever_board(*[lever_posting(f"key-{number}") for number in range(300)])
    tell(tmp_path / "archive", [Look(0, board)])
    scope = LaunchScope.of(settings)
    replay(database, tmp_path / "archive", settings.archive_folder, scope, processes=1)


@pytest.mark.usefixtures("many_records")
def test_a_reader_that_leaves_early_gets_no_traceback(environment: dict[str, str]) -> None:
    """``bandmate export jobs | head -1`` ends without a word about the broken pipe."""
    with bandmate(environment, "export", "jobs") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"job_id"')
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full, a device that is always full, is Linux's")
@pytest.mark.usefixtures("many_records")
def test_a_full_disk_is_one_line(environment: dict[str, str]) -> None:
    """What the operating system refuses is one line on stderr and exit code 1."""
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "bandmate", "export", "jobs"]
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == "No space left on device."


def test_sigterm_closes_what_was_opened(tmp_path: Path, environment: dict[str, str]) -> None:
    """A command that is told to end stops the embedded database on its way out and says nothing."""
    home = tmp_path / "home"
    own = {name: value for name, value in environment.items() if name != "DATABASE_URL"}
    tell(tmp_path / "long", [Look(hour, lever_board(lever_posting(f"{hour}"))) for hour in range(3000)])
    with bandmate(own, "replay", str(tmp_path / "long"), "--processes", "2") as process:
        deadline = time.monotonic() + 60
        while not (home / "archive" / "runs.ndjson").exists():
            assert time.monotonic() < deadline, "the replay did not begin"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (128 + signal.SIGTERM, b"")
    assert not list(home.rglob("postmaster.pid"))


@pytest.mark.usefixtures("database")
def test_what_is_printed_is_printed_as_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    """A board's name is neither markup nor a picture: ``lever:x:`` stays what it is."""
    looks = [Look(0, None, Outcome.FAILED, BoardName("nobody", name)) for name in ("x:", "[red]")]
    tell(tmp_path / "odd", looks)
    with bandmate(environment, "replay", str(tmp_path / "odd")) as process:
        _, said = process.communicate(timeout=60)
    assert b"left alone: nobody:x: (" in said
    assert b"left alone: nobody:[red] (" in said


def test_an_address_with_an_impossible_port_is_one_line(environment: dict[str, str]) -> None:
    """A mistyped DATABASE_URL ends in a sentence, not in a traceback."""
    wrong = environment | {"DATABASE_URL": "postgresql://ada@localhost:port/bandmate"}
    with bandmate(wrong, "boards", "list") as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.count(b"\n")) == (1, 1)
    assert said.startswith(b"DATABASE_URL is no address")


def test_engines_load_without_the_rest() -> None:
    """Their commands start without database and web: `bandmate skills link` in a pipe need not wait for them."""
    program = (
        "import sys; from bandmate.main import ENGINES, _loaded; [_loaded([each]) for each in ENGINES]; "
        "print([each for each in ('sqlalchemy', 'fastapi', 'bandmate.app') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_engines_commands_are_known_by_name() -> None:
    """Where the program begins and what the engines add name the same commands; the whole program has them too."""
    names = set(vars(get_command(engine_commands.app))["commands"])
    assert names == ENGINES
    assert names < set(vars(get_command(cli.app))["commands"])
