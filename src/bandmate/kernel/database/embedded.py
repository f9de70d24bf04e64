"""The embedded PostgreSQL of a home, shared by every process that uses it and stopped by the last.

Two lock files in the home (flock(2)) keep the peace:

* ``database.lock`` is held *shared* by each process for as long as it uses the server. The kernel drops it when
  the process dies, however it dies. Who can take it *exclusively* is the last one.
* ``database.start.lock`` is held exclusively while somebody starts or stops the server, and only then.

The server outlives a killed process; the next start finds and uses it, and stops it when it is the last.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL

from bandmate.kernel.database.embedded_binaries import install
from bandmate.kernel.database.privileges import Place, find_place
from bandmate.kernel.database.server import (
    PORT,
    SUPERUSER,
    Server,
    check_version,
    create_cluster,
    find_server,
    settled_server,
    start_server,
    stop_server,
)
from bandmate.kernel.errors import Conflict, DatabaseUnavailable

DATABASE = "bandmate"
"""Name of the database and of the role that owns it; the role may create databases but is no superuser."""

EXTENSIONS = ("btree_gin", "pg_trgm", "unaccent", "vector")

_MEND = {
    errno.ENOSPC: "Free some space on that disk.",
    errno.EDQUOT: "Free some space within your quota.",
    errno.EROFS: "Set BANDMATE_HOME to a folder that can be written.",
    errno.EACCES: "Give your user permission to it, or set BANDMATE_HOME to a folder of your own.",
    errno.EPERM: "Give your user permission to it, run bandmate as a normal user, or set DATABASE_URL to a "
    "PostgreSQL of your own.",
    errno.ENAMETOOLONG: "Set BANDMATE_HOME to a shorter path.",
    errno.ENOTDIR: "Set BANDMATE_HOME to a path that leads through folders only.",
    errno.EEXIST: "Set BANDMATE_HOME to a folder, not a file.",
}


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server this process holds a share of."""

    url: str
    """SQLAlchemy URL of the database ``bandmate``, over the Unix socket."""
    _home: Path = field(repr=False)
    _share: BinaryIO = field(repr=False)
    _holder: int = field(repr=False, default_factory=os.getpid)

    def close(self) -> None:
        """Give up our share; the last one to do so stops the server. Closing twice is harmless.

        In a forked child this only closes the child's copy: the share belongs to the parent.

        Raises:
            DatabaseUnavailable: when the server does not end within a minute.
        """
        if self._share.closed:
            return
        if os.getpid() != self._holder:
            self._share.close()
            return
        with _sentences(self._home), _start_lock(self._home):
            _give_up(self._home, self._share)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start_embedded(home: Path) -> EmbeddedServer:
    """Take a share of the home's server, starting it first where it does not run.

    The first start in a home unpacks PostgreSQL and creates the cluster. Threads and processes may call this at
    the same time; each gets its own share.

    Args:
        home: the folder of ``BANDMATE_HOME``; made when missing.

    Raises:
        DatabaseUnavailable: when the server cannot be started; the sentence says what, where and how to mend it.
    """
    with _sentences(home):
        home.mkdir(parents=True, exist_ok=True)
        home = home.resolve()
        with _start_lock(home):
            share = _open_lock(home / "database.lock")
            try:
                fcntl.flock(share, fcntl.LOCK_SH)
                server = _running_server(find_place(home))
                return EmbeddedServer(_url(server), home, share)
            except BaseException:
                with suppress(DatabaseUnavailable, OSError):  # the first error says more than a second would
                    _give_up(home, share)
                raise


def stop_embedded(home: Path) -> bool:
    """Stop a server that nobody uses any more, e.g. because its last user was killed.

    Returns:
        True when one ran.

    Raises:
        Conflict: when a living process uses it; whoever is last will stop it.
        DatabaseUnavailable: when it does not end within a minute.
    """
    with _sentences(home):
        if not home.is_dir():
            return False
        home = home.resolve()
        with _start_lock(home), _unlocked_after(_open_lock(home / "database.lock")) as share:
            place = find_place(home)
            server = find_server(place)
            if server is None:
                return False
            if not _is_last(share):
                raise Conflict(
                    f"The database in {home} is in use by another bandmate process. End that one, "
                    "and the database stops by itself."
                )
            stop_server(place, server)
            return True


def _running_server(place: Place) -> Server:
    """Return the server of a place, started and with its role, database and extensions made, where needed."""
    server = settled_server(place)
    if server is not None:
        if server.is_reachable:
            return server
        stop_server(place, server)  # its socket was deleted: nobody can connect, and only a restart brings it back
    installation = install(place.base)
    create_cluster(place, installation)
    check_version(place, installation)
    server = start_server(place, installation)
    try:
        _furnish(server)
    except psycopg.Error as error:
        raise DatabaseUnavailable(
            f"The database server of {place.base} started, but its database cannot be set up: {error}. "
            f"{place.log} may say more."
        ) from error
    return server


def _furnish(server: Server) -> None:
    """Make role, database and extensions where they are missing; a start that was killed half-way is completed."""
    name = sql.Identifier(DATABASE)
    with _connect(server, SUPERUSER) as connection:
        if not connection.execute("select from pg_roles where rolname = %s", [DATABASE]).rowcount:
            connection.execute(sql.SQL("create role {} login createdb").format(name))
    _create_extensions(server, "template1")  # so that databases which tests create have them too
    with _connect(server, SUPERUSER) as connection:
        if not connection.execute("select from pg_database where datname = %s", [DATABASE]).rowcount:
            connection.execute(sql.SQL("create database {0} owner {0}").format(name))
    _create_extensions(server, DATABASE)


def _create_extensions(server: Server, database: str) -> None:
    with _connect(server, database) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))


def _connect(server: Server, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.socket_folder), port=PORT, user=SUPERUSER, dbname=database, autocommit=True, options=""
    )


def _url(server: Server) -> str:
    query = {"host": str(server.socket_folder), "port": str(PORT)}
    url = URL.create("postgresql+psycopg", username=DATABASE, database=DATABASE, query=query)
    return url.render_as_string(hide_password=False)


def _give_up(home: Path, share: BinaryIO) -> None:
    """Close our share and stop the server if nobody else has one. The caller holds the start lock."""
    with _unlocked_after(share):
        if _is_last(share):
            place = find_place(home)
            server = find_server(place)
            if server is not None:
                stop_server(place, server)


def _is_last(share: BinaryIO) -> bool:
    """Try to turn a share into the exclusive lock; when that fails the share may be lost (flock(2))."""
    try:
        fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _start_lock(home: Path) -> Iterator[None]:
    """Wait until nobody else starts or stops the home's server, and hold them off meanwhile."""
    with _unlocked_after(_open_lock(home / "database.start.lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_lock(path: Path) -> BinaryIO:
    """Open a lock file, making it where it is missing.

    For reading only, so that a user can lock a file that root made; Python's files are not inherited by the
    programs we start, so that the server does not hold a share of itself.
    """
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644), "rb")


@contextmanager
def _unlocked_after(lock: BinaryIO) -> Iterator[BinaryIO]:
    """Unlock and close a lock file at the end.

    Closing alone would leave the lock with a child that was forked meanwhile: it belongs to the open file, which
    the child has a copy of (flock(2)).
    """
    try:
        yield lock
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
        lock.close()


@contextmanager
def _sentences(home: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a sentence: what, where, how to mend it."""
    try:
        yield
    except OSError as error:
        where = error.filename or home
        mend = _MEND.get(
            error.errno or 0, "Set BANDMATE_HOME to another folder, or DATABASE_URL to another database."
        )
        raise DatabaseUnavailable(
            f"The database in {home} cannot be started or stopped: {error.strerror or error}: {where}. {mend}"
        ) from error
