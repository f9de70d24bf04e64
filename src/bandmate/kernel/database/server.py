"""One embedded PostgreSQL server: its cluster, its start, its stop. Whoever calls holds the home's start lock.

The server is started as an orphan in a session of its own: it survives the death of the process that started it,
and Ctrl-C in that process's terminal does not reach it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bandmate.kernel.database.embedded_binaries import Installation
from bandmate.kernel.database.privileges import Account, Place
from bandmate.kernel.errors import DatabaseUnavailable

SUPERUSER = "postgres"
PORT = 5432
"""Only part of the socket's name; nothing listens on TCP."""

_READY_SECONDS = 300  # recovery after a crash reads up to max_wal_size again
_STOP_SECONDS = 60
_POLL_SECONDS = 0.01
_PID_FILE_LINES = 8  # written one by one while the server starts (src/include/utils/pidfile.h)
_LOG_BYTES = 16_000_000
_TAIL_LINES = 12

OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "192MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",  # bulk replays checkpoint less often
    "wal_compression": "on",
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # the wheel carries no LLVM
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
"""Passed on the command line, so that a new release's values reach old clusters. fsync and synchronous_commit stay
on: a commit that was confirmed is on the disk."""

_REASONS = {
    "No space left on device": "The disk is full; free some space",
    "File too large": "A limit on file sizes is in force (ulimit -f); lift it",
    "could not map anonymous shared memory": "There is too little memory; stop other programs",
    "Permission denied": "A permission is missing on the file named below; give it back to the database's user",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server process as its ``postmaster.pid`` describes it."""

    pid: int
    socket_folder: Path
    status: str
    """``starting``, ``ready``, ``standby`` or ``stopping``."""

    @property
    def is_reachable(self) -> bool:
        """Whether its socket is still there; somebody may have cleaned the folder under it."""
        return (self.socket_folder / f".s.PGSQL.{PORT}").exists()


def find_server(place: Place) -> Server | None:
    """Return the server that runs on a place's cluster, or None.

    The process must live *and* work in the cluster's folder. PostgreSQL itself asks only whether a process of that
    id lives, which is wrong after a reboot or in a new container when another of our processes got the same id.
    """
    lines = _pid_file_lines(place)
    if not lines or not lines[0].isdigit() or not _works_in(int(lines[0]), place.cluster):
        return None
    if len(lines) < _PID_FILE_LINES:
        return Server(int(lines[0]), place.socket_folder, "starting")
    return Server(int(lines[0]), Path(lines[4]), lines[7].strip())


def settled_server(place: Place) -> Server | None:
    """Return the running server once it is neither starting nor stopping; None when none runs.

    Raises:
        DatabaseUnavailable: when that takes longer than five minutes.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while (server := find_server(place)) is not None and server.status != "ready":
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"The database server (process {server.pid}) is {server.status} for more than {_READY_SECONDS} s. "
                f"{place.log} says what it does; try again later."
            )
        time.sleep(_POLL_SECONDS)
    return server


def create_cluster(place: Place, installation: Installation) -> None:
    """Make the cluster where it is missing: all of it, or nothing.

    Encoding UTF-8 with PostgreSQL's own locale provider and its locale C.UTF-8: comparison by code point, upper
    and lower case and character classes of all Unicode, and the same order on every system for ever. An operating
    system's or ICU's order changes with their releases and silently breaks text indexes. Where people read a
    sorted list, a query names an ICU collation.

    Raises:
        DatabaseUnavailable: when ``initdb`` fails; the message holds its last lines.
    """
    if place.cluster.is_dir():
        return
    unfinished = f"{place.cluster.name}.new-"
    for leftover in place.base.glob(f"{unfinished}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    # A new name each time: the initdb of a killed starter may still be writing into the folder it was given.
    fresh = Path(tempfile.mkdtemp(prefix=unfinished, dir=place.base))
    if not place.account.is_ours:
        os.chown(fresh, place.account.uid, place.account.gid, follow_symlinks=False)
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    answer = installation.run(
        "initdb", "--pgdata", fresh, f"--username={SUPERUSER}", "--auth=peer", *locale, account=place.account
    )
    if answer.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise _failure(f"The database in {place.cluster} cannot be created", answer.stdout)
    _let_in(fresh, {Account.of(0).name, place.account.name})
    fresh.rename(place.cluster)


def check_version(place: Place, installation: Installation) -> None:
    """Refuse a cluster that another major version made.

    Raises:
        DatabaseUnavailable: says both versions and what to do.
    """
    made_by = (place.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = installation.major_version(place.account)
    if made_by != ours:
        raise DatabaseUnavailable(
            f"The database in {place.cluster} was made by PostgreSQL {made_by}, this release brings {ours}. "
            f"Start the release of bandmate that made it and take a copy with pg_dump, move {place.cluster} away, "
            "start again and load the copy; or set BANDMATE_HOME to another folder."
        )


def start_server(place: Place, installation: Installation) -> Server:
    """Start the server and wait until it answers.

    One may be running after all: the orphan of a starter that was killed a moment ago. Then it is that one.

    Raises:
        DatabaseUnavailable: when it does not start; the message holds the last lines of its log.
    """
    socket_folder = place.claim_socket_folder()
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        server = settled_server(place)
        if server is not None:
            return server
        _clear_remnants(place)
        with _server_log(place) as log:
            beginning = os.fstat(log).st_size
            pid = _launch(place, installation, socket_folder, log)
        while _works_in(pid, place.cluster):
            server = find_server(place)
            if server is not None and server.pid == pid and server.status == "ready":
                return server
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        said = place.log.read_bytes()[beginning:].decode(errors="replace")
        # After kill -9 of a server its backends need a moment to notice; until then PostgreSQL refuses to start.
        passes = "shared memory block" in said or find_server(place) is not None
        if not passes or time.monotonic() > deadline:
            raise _failure(f"The database in {place.cluster} does not start", said, place.log)
        time.sleep(10 * _POLL_SECONDS)


def stop_server(place: Place, server: Server) -> None:
    """Stop a server: open transactions are rolled back, everything committed is on the disk ("fast shutdown").

    Raises:
        DatabaseUnavailable: when it has not ended after a minute.
    """
    os.kill(server.pid, signal.SIGINT)
    deadline = time.monotonic() + _STOP_SECONDS
    while _works_in(server.pid, place.cluster):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"The database server (process {server.pid}) has not ended {_STOP_SECONDS} s after it was asked "
                f"to. It goes on trying; {place.log} says what it waits for."
            )
        time.sleep(_POLL_SECONDS)


def _launch(place: Place, installation: Installation, socket_folder: Path, log: int) -> int:
    """Start the server process and return its id."""
    arguments: list[str | Path] = ["-D", place.cluster]
    for name, value in {**OPTIONS, "unix_socket_directories": f'"{socket_folder}"'}.items():
        arguments += ["-c", f"{name}={value}"]
    return installation.spawn_orphan("postgres", *arguments, account=place.account, folder=place.cluster, log=log)


def _works_in(pid: int, folder: Path) -> bool:
    """Tell whether a living process has ``folder`` as its working directory, as every server has its cluster."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except (ProcessLookupError, PermissionError):
        return False  # dead, or another user's
    except FileNotFoundError:
        return not Path("/proc/self/cwd").exists()  # a zombie; or a system without /proc, where the id must do


def _pid_file_lines(place: Place) -> list[str]:
    try:
        return (
            (place.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        )
    except FileNotFoundError:
        return []


def _clear_remnants(place: Place) -> None:
    """Remove files a dead server left that would stop PostgreSQL, which takes any living process for its server.

    A ``postmaster.pid`` whose process is dead stays: PostgreSQL replaces it, and reads there which shared memory
    the old server's last backends may still use.
    """
    (place.socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    lines = _pid_file_lines(place)
    dead = bool(lines) and lines[0].isdigit() and not Path(f"/proc/{lines[0]}").exists()
    if not dead:
        (place.cluster / "postmaster.pid").unlink(missing_ok=True)


def _let_in(cluster: Path, accounts: set[str]) -> None:
    """Let these accounts of the operating system in, without a password, and nobody else.

    The kernel vouches for who is at the other end of a Unix socket (PostgreSQL documentation, "Peer
    Authentication"), so there is no secret to keep, and a socket folder somebody opened by mistake still lets no
    one in.
    """
    (cluster / "pg_hba.conf").write_text("local all all peer map=bandmate\n", encoding="utf-8")
    lines = [f'bandmate "{name}" all\n' for name in sorted(accounts)]
    (cluster / "pg_ident.conf").write_text("".join(lines), encoding="utf-8")


@contextmanager
def _server_log(place: Place) -> Iterator[int]:
    """Open the server's log for appending, as a file descriptor; a log over 16 MB is put aside first."""
    if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    descriptor = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if not place.account.is_ours:
            os.fchown(descriptor, place.account.uid, place.account.gid)
        yield descriptor
    finally:
        os.close(descriptor)


def _failure(what: str, said: str, log: Path | None = None) -> DatabaseUnavailable:
    """Make the error of a failed start: what, how to mend it as far as we can tell, and the last lines said."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("\t")]  # no queries
    mend = next((advice for sign, advice in _REASONS.items() if sign in said), "The lines below say why")
    end = "\n".join(lines[-_TAIL_LINES:]) or "(nothing was written)"
    where = f" The end of {log}:" if log else " PostgreSQL said:"
    return DatabaseUnavailable(f"{what}. {mend}.{where}\n{end}")
