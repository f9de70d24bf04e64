"""The embedded PostgreSQL, with real servers: shared, stopped by the last, unhurt by kill -9, clear in failure."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import re
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bandmate.kernel.database.embedded import EXTENSIONS, start_embedded, stop_embedded
from bandmate.kernel.database.privileges import Place, find_place
from bandmate.kernel.database.server import Server, _failure, find_server
from bandmate.kernel.errors import Conflict, DatabaseUnavailable

fork = multiprocessing.get_context("fork")
"""Children are forked, so that they can drop their privileges wherever the checkout lies."""

HALF = b"half a program"

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a server under another user")


def new_home() -> Path:
    """Make an empty home every user may enter; pytest's own folders are closed to others, and their paths long."""
    home = Path(tempfile.mkdtemp(prefix="bm-", dir="/tmp")).resolve()
    home.chmod(0o755)
    return home


def remove_home(home: Path) -> None:
    """Stop a home's server and delete all that belongs to it."""
    stop_embedded(home)
    place = find_place(home)
    for folder in {home, place.base, place.socket_folder}:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """One home for the whole file, with a cluster in it; its first start finds an interrupted unpacking."""
    home = new_home()
    (home / "pg0-unpacking" / "bin").mkdir(parents=True)
    (home / "pg0-unpacking" / "bin" / "postgres").write_bytes(HALF)
    start_embedded(home).close()
    yield home
    remove_home(home)


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    """A home with a cluster and no server; a test may start what it likes."""
    yield shared_home
    stop_embedded(shared_home)


@pytest.fixture
def fresh_home(shared_home: Path) -> Iterator[Path]:
    """A home in which PostgreSQL is unpacked (as links to the shared one: that is quick) and no cluster made."""
    home = new_home()
    link_programs(shared_home, home)
    yield home
    remove_home(home)


def link_programs(source: Path, home: Path) -> None:
    """Give a home the unpacked programs of another."""
    (programs,) = source.glob("pg0-*")
    shutil.copytree(programs, home / programs.name, copy_function=os.link, symlinks=True)


def ask(url: str, question: str) -> object:
    """Return the one value a query gives; what it changed is committed."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(question))
        return result.scalar() if result.returns_rows else None


def server_of(home: Path) -> Server:
    """Return the home's running server."""
    server = find_server(find_place(home))
    assert server is not None
    return server


def runs(home: Path) -> bool:
    """Tell whether the home's server runs."""
    return find_server(find_place(home)) is not None


def hold(home: Path, pipe: Connection) -> None:
    """Child process: take a share, say its answer, keep it until told to close."""
    with start_embedded(home) as server:
        pipe.send(ask(server.url, "select current_database()"))
        pipe.recv()


@contextmanager
def holder(home: Path) -> Iterator[tuple[multiprocessing.process.BaseProcess, Connection]]:
    """A process that holds a share of the home's server and closes it on a word through the pipe."""
    ours, theirs = fork.Pipe()
    child = fork.Process(target=hold, args=(home, theirs))
    child.start()
    assert ours.recv() == "bandmate"
    try:
        yield child, ours
    finally:
        child.kill()
        child.join()


def run_as(name: str, work: Callable[[], str]) -> str:
    """Run ``work`` in a child under the user ``name`` and return its answer, or its error's text."""

    def child() -> None:
        user = pwd.getpwnam(name)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        try:
            theirs.send(work())
        except DatabaseUnavailable as error:
            theirs.send(error.detail)

    ours, theirs = fork.Pipe()
    process = fork.Process(target=child)
    process.start()
    answer = ours.recv()
    process.join()
    return str(answer)


class TestServer:
    """What a started server offers."""

    def test_role_owns_the_database_and_is_no_superuser(self, home: Path) -> None:
        """The URL leads to the database bandmate as its owner, who may create databases but is no superuser."""
        with start_embedded(home) as server:
            assert ask(server.url, "select current_database() || ' ' || current_user") == "bandmate bandmate"
            rights = "select rolcreatedb and not rolsuper from pg_roles where rolname = current_user"
            assert ask(server.url, rights) is True

    def test_extensions_are_there(self, home: Path) -> None:
        """The database, and every database made from now on, has the extensions we need."""
        installed = "select array_agg(extname::text) from pg_extension"
        with start_embedded(home) as server:
            names = ask(server.url, installed)
            engine = create_engine(server.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("drop database if exists another"))
                connection.execute(text("create database another"))
            url = make_url(server.url).set(database="another").render_as_string(hide_password=False)
            assert isinstance(names, list)
            assert set(EXTENSIONS) <= set(names)
            assert ask(url, installed) == names

    def test_text_is_utf8_in_a_locale_that_never_changes(self, home: Path) -> None:
        """Encoding, provider and locale are UTF8, builtin and C.UTF-8, and upper() knows more than ASCII."""
        with start_embedded(home) as server:
            made = (
                "select concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datlocale, upper('é')) "
                "from pg_database where datname = current_database()"
            )
            assert ask(server.url, made) == "UTF8 b C.UTF-8 É"

    def test_commits_are_durable(self, home: Path) -> None:
        """Syncing and synchronous commit are on, and a committed row is there after a restart."""
        with start_embedded(home) as server:
            ask(server.url, "create table if not exists kept as select 42 as answer")
        with start_embedded(home) as server:
            assert (
                ask(server.url, "select current_setting('fsync') || current_setting('synchronous_commit')")
                == "onon"
            )
            assert ask(server.url, "select max(answer) from kept") == 42

    def test_listens_on_a_private_socket_only(self, home: Path) -> None:
        """No TCP port is open; the socket's folder belongs to the server's user and nobody else may enter."""
        with start_embedded(home) as server:
            assert ask(server.url, "show listen_addresses") == ""
            folder = server_of(home).socket_folder
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert folder.stat().st_uid == find_place(home).account.uid

    def test_ctrl_c_does_not_reach_it(self, home: Path) -> None:
        """The server lives in a session and a process group of its own, without a terminal."""
        with start_embedded(home):
            pid = server_of(home).pid
            assert os.getsid(pid) != os.getsid(0)
            assert os.getpgid(pid) != os.getpgid(0)

    def test_long_path_moves_the_socket(self, shared_home: Path) -> None:
        """In a home of a very long path the socket lies elsewhere, in a path under 100 bytes; so with a comma."""
        top = new_home()
        try:
            for name in ("a" * 120, "rock, and roll"):
                home = top / name
                home.mkdir()
                link_programs(shared_home, home)
                with start_embedded(home) as server:
                    assert ask(server.url, "select 1") == 1
                    assert len(os.fsencode(server_of(home).socket_folder)) < 100
                remove_home(home)
        finally:
            shutil.rmtree(top)


class TestSharing:
    """Many users of one server, and many servers."""

    def test_last_one_stops_it(self, home: Path) -> None:
        """Closing a share leaves the server to the others; closing the last share stops it."""
        with holder(home) as (child, pipe):
            start_embedded(home).close()
            assert runs(home)
            pipe.send("close")
            child.join()
            assert not runs(home)

    def test_two_shares_in_one_process(self, home: Path) -> None:
        """Two shares in one process count as two, and closing one twice closes one."""
        first, second = start_embedded(home), start_embedded(home)
        first.close()
        first.close()
        assert ask(second.url, "select 1") == 1
        second.close()
        assert not runs(home)

    def test_forked_child_has_no_share(self, home: Path) -> None:
        """A forked child that closes its copy changes nothing; one that lives on does not hold the lock."""
        with start_embedded(home) as server:
            closer = fork.Process(target=server.close)
            closer.start()
            closer.join()
            assert runs(home)
            sleeper = fork.Process(target=time.sleep, args=(60,))
            sleeper.start()
        try:
            assert not runs(home)
            start_embedded(home).close()
            assert not runs(home)
        finally:
            sleeper.kill()
            sleeper.join()

    def test_eight_first_starters_at_once(self, fresh_home: Path) -> None:
        """Eight processes that start in an empty home at once all get an answer, and the last one stops it."""
        pipes = [fork.Pipe() for _ in range(8)]
        children = [fork.Process(target=hold, args=(fresh_home, theirs)) for _, theirs in pipes]
        for child in children:
            child.start()
        assert [ours.recv() for ours, _ in pipes] == ["bandmate"] * 8
        for ours, _ in pipes:
            ours.send("close")
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0] * 8
        assert not runs(fresh_home)

    def test_two_homes_side_by_side(self, home: Path, fresh_home: Path) -> None:
        """Servers of two homes run at the same time and hold different data."""
        with start_embedded(home) as one, start_embedded(fresh_home) as other:
            ask(one.url, "create table if not exists here as select 1")
            assert ask(one.url, "select to_regclass('here') is not null") is True
            assert ask(other.url, "select to_regclass('here') is null") is True
            assert server_of(home).pid != server_of(fresh_home).pid


class TestStop:
    """The command ``bandmate stop``."""

    def test_stops_a_forgotten_server(self, home: Path) -> None:
        """A server whose user was killed is stopped, and the answer is True; then False, as none runs."""
        with holder(home) as (child, _):
            child.kill()
            child.join()
            assert stop_embedded(home) is True
            assert stop_embedded(home) is False

    def test_leaves_a_used_server(self, home: Path) -> None:
        """A server somebody uses is not stopped under them."""
        with start_embedded(home) as server:
            with pytest.raises(Conflict, match="in use by another bandmate process"):
                stop_embedded(home)
            assert ask(server.url, "select 1") == 1

    def test_no_home(self, tmp_path: Path) -> None:
        """Where no home is, nothing is stopped and nothing is made."""
        assert stop_embedded(tmp_path / "none") is False
        assert not (tmp_path / "none").exists()


class TestAccidents:
    """What killed processes, reboots and cleaners leave behind."""

    def test_killed_user_leaves_a_usable_server(self, home: Path) -> None:
        """After kill -9 of its user the server runs on; the next start uses it and stops it at the end."""
        with holder(home) as (child, _):
            before = server_of(home).pid
            child.kill()
            child.join()
            with start_embedded(home) as server:
                assert server_of(home).pid == before
                assert ask(server.url, "select 1") == 1
            assert not runs(home)

    def test_killed_server_is_started_again(self, home: Path) -> None:
        """After kill -9 of the server itself the next start brings back what was committed."""
        with start_embedded(home) as server:
            ask(server.url, "create table if not exists survived as select 7 as answer")
            os.kill(server_of(home).pid, signal.SIGKILL)
        with start_embedded(home) as server:
            assert ask(server.url, "select max(answer) from survived") == 7

    @pytest.mark.parametrize("delay", [0.05, 0.2, 0.4, 0.6])
    def test_killed_first_start_is_completed(self, fresh_home: Path, delay: float) -> None:
        """Kill -9 in the middle of a home's very first start leaves nothing that stops the second."""
        child = fork.Process(target=lambda: start_embedded(fresh_home))
        child.start()
        time.sleep(delay)
        child.kill()
        child.join()
        with start_embedded(fresh_home) as server:
            assert ask(server.url, "select count(*) from pg_extension where extname = 'vector'") == 1

    def test_half_unpacked_programs_are_replaced(self, home: Path) -> None:
        """What an interrupted unpacking left was thrown away, and PostgreSQL unpacked again."""
        assert not (home / "pg0-unpacking").exists()
        (programs,) = home.glob("pg0-*")
        assert (programs / "bin" / "postgres").stat().st_size > len(HALF)

    def test_pid_file_of_another_process(self, home: Path) -> None:
        """A pid file that names a living process which is no server (ids come round again) stops nobody."""
        place = find_place(home)
        stranger = fork.Process(target=sleep_as, args=(place,))
        stranger.start()
        try:
            left = f"{stranger.pid}\n{place.cluster}\n1\n5432\n{place.socket_folder}\n\n 1 1\nready   \n"
            (place.cluster / "postmaster.pid").write_text(left)
            (place.socket_folder / ".s.PGSQL.5432.lock").write_text(left)
            assert stop_embedded(home) is False
            with start_embedded(home) as server:
                assert ask(server.url, "select 1") == 1
            assert stranger.is_alive()
        finally:
            stranger.kill()
            stranger.join()

    def test_empty_pid_file(self, home: Path) -> None:
        """An empty pid file, as a full disk leaves it, is no obstacle."""
        (find_place(home).cluster / "postmaster.pid").write_text("")
        with start_embedded(home) as server:
            assert ask(server.url, "select 1") == 1

    def test_deleted_socket_is_made_again(self, home: Path) -> None:
        """When somebody cleaned the socket away, the next start brings the server back within reach."""
        with start_embedded(home):
            (server_of(home).socket_folder / ".s.PGSQL.5432").unlink()
            with start_embedded(home) as server:
                assert ask(server.url, "select 1") == 1


class TestRefusals:
    """Starts that cannot succeed say why and what to do."""

    def test_cluster_of_another_version(self, home: Path) -> None:
        """A cluster of another major version is left alone; the sentence names both versions and the way on."""
        version = find_place(home).cluster / "PG_VERSION"
        version.write_text("17\n")
        try:
            with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 17, this release brings 18.*pg_dump"):
                start_embedded(home)
        finally:
            version.write_text("18\n")

    def test_failed_start_shows_the_log(self, home: Path) -> None:
        """When PostgreSQL refuses to start, the sentence names the log and ends with its last lines."""
        settings = find_place(home).cluster / "postgresql.conf"
        good = settings.read_text()
        settings.write_text("loudness = 11\n")
        try:
            with pytest.raises(DatabaseUnavailable, match=r"(?s)does not start.*database\.log:.*\"loudness\""):
                start_embedded(home)
        finally:
            settings.write_text(good)

    def test_socket_folder_of_somebody_else(self, home: Path) -> None:
        """A socket folder that is a link into somebody's folder is refused: they could read along."""
        folder = find_place(home).socket_folder
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.symlink_to(aside)
        try:
            with pytest.raises(DatabaseUnavailable, match=f"{re.escape(str(folder))}, belongs to another user"):
                start_embedded(home)
        finally:
            folder.unlink()
            aside.rename(folder)

    def test_home_is_a_file(self, tmp_path: Path) -> None:
        """A home that is a file gives a sentence, not a traceback."""
        (tmp_path / "home").write_text("")
        with pytest.raises(DatabaseUnavailable, match="Set BANDMATE_HOME to a folder, not a file"):
            start_embedded(tmp_path / "home")

    def test_full_disk_is_named(self) -> None:
        """PostgreSQL's message about a full disk becomes the advice to free some space, with the message."""
        error = _failure("The database cannot be created", "FATAL: could not write: No space left on device\n")
        assert error.detail.startswith("The database cannot be created. The disk is full; free some space.")
        assert error.detail.endswith("FATAL: could not write: No space left on device")

    def test_unwritable_home(self) -> None:
        """A home the user may not write gives a sentence that names the file and the way out."""
        home = new_home()
        home.chmod(0o555)

        def start() -> str:
            return start_embedded(home).url

        try:
            if os.geteuid() == 0:
                answer = run_as("nobody", start)
            else:
                with pytest.raises(DatabaseUnavailable) as caught:
                    start()
                answer = caught.value.detail
        finally:
            home.rmdir()
        assert f"Permission denied: {home}/database.start.lock. Give your user permission to it" in answer


@only_root
class TestRoot:
    """Root's server runs under another user."""

    def test_server_runs_under_another_user(self, home: Path) -> None:
        """Root's server runs as a normal user, in no group of root's, and root may connect."""
        with start_embedded(home) as server:
            status = Path(f"/proc/{server_of(home).pid}/status").read_text()
            account = find_place(home).account
            assert account.uid != 0
            assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}" in status
            assert re.search(r"Groups:\s*\n", status)
            assert ask(server.url, "select 1") == 1

    def test_other_users_are_kept_out(self, home: Path) -> None:
        """A third user can neither enter the socket's folder nor, were it open, get in."""
        with start_embedded(home) as server:
            parts = make_url(server.url)

            def connect() -> str:
                try:
                    psycopg.connect(host=str(parts.query["host"]), user="bandmate", dbname="bandmate").close()
                except psycopg.OperationalError as error:
                    return str(error)
                return "let in"

            assert "Permission denied" in run_as("daemon", connect)
            place = find_place(home)
            place.socket_folder.chmod(0o755)
            (place.socket_folder / ".s.PGSQL.5432").chmod(0o777)
            assert "Peer authentication failed" in run_as("daemon", connect)

    def test_home_behind_a_closed_folder(self, tmp_path: Path, shared_home: Path) -> None:
        """Behind a folder the server's user may not enter all goes below /var/lib; no permission is changed."""
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        home = closed / "home"
        try:
            with start_embedded(home) as server:
                place = find_place(home)
                assert ask(server.url, "select 1") == 1
                assert place.base.parent == Path("/var/lib/bandmate")
                assert not (home / "database").exists()
                assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        finally:
            remove_home(home)

    def test_cluster_that_was_shut_in(self, home: Path) -> None:
        """A cluster whose owner lost the way to it is not replaced by a new one; the sentence names the folder."""
        with start_embedded(home):
            pass
        home.chmod(0o700)
        try:
            with pytest.raises(DatabaseUnavailable, match=rf"may not enter {home}\. .*chmod o\+x {home}"):
                start_embedded(home)
        finally:
            home.chmod(0o755)

    def test_normal_user_then_root(self, fresh_home: Path) -> None:
        """A user's server runs as that user; root uses the same home later, as that user, and spoils nothing."""
        os.chown(fresh_home, pwd.getpwnam("nobody").pw_uid, -1)

        def start() -> str:
            with start_embedded(fresh_home) as server:
                return f"{ask(server.url, 'select 1')} {find_place(fresh_home).account.name}"

        assert run_as("nobody", start) == "1 nobody"
        assert start() == "1 nobody"
        assert run_as("nobody", start) == "1 nobody"


def sleep_as(place: Place) -> None:
    """Child process: sleep under the server's account, so that PostgreSQL takes it for one of its own."""
    if not place.account.is_ours:
        os.setgid(place.account.gid)
        os.setuid(place.account.uid)
    time.sleep(60)
