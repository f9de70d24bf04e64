"""Connections and transactions. Only whoever opens a transaction here (request, task, command) commits it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, cast
from urllib.parse import unquote, urlencode

import orjson
import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bandmate.kernel.errors import DatabaseUnavailable
from bandmate.kernel.telemetry.tracing import statement_span

Tx = Connection
"""An open transaction. Use cases and queries take one and never commit it."""

MINIMUM_SERVER = 150_000
"""PostgreSQL 15, as ``server_version_num``."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.url = url
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a transaction; commit it at the end, or roll it back when the block raises."""
        with self.engine.begin() as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a transaction that PostgreSQL itself keeps from writing; all its reads see one snapshot."""
        with self._reading.begin() as tx:
            yield tx

    @contextmanager
    def look(self) -> Iterator[Tx]:
        """Open a connection for reading by single statements, each with a snapshot of its own.

        There is no transaction to begin and to end, which saves two of four round trips: for the few reads that
        one statement answers and where each millisecond counts.
        """
        with self._looking.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def fetch_tuples(tx: Tx, statement: LiteralString, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Run a query on the driver itself and return plain tuples, for the few places where each millisecond counts.

    Parameters are written ``%(name)s`` here, as psycopg does. Values come over the wire in binary: a search result
    of twenty records takes a third of the time that it takes through SQLAlchemy's rows.
    """
    connection = cast("psycopg.Connection[Any]", tx.connection.driver_connection)
    with statement_span(statement), connection.cursor(binary=True) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def sqlalchemy_url(url: str) -> str:
    """Return ``url`` with the driver we use, whatever PostgreSQL spelling it came in.

    Raises:
        DatabaseUnavailable: when it is no PostgreSQL address.
    """
    try:
        parsed = make_url(_with_hosts_as_parameters(url))
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        raise DatabaseUnavailable(
            "DATABASE_URL is no address we understand; write it as postgresql://user:secret@host/name, or with "
            "several hosts as postgresql://user:secret@host1:5432,host2:5432/name?target_session_attrs=read-write."
        ) from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnavailable(
            f"DATABASE_URL names {parsed.get_backend_name()!r}; Bandmate works with PostgreSQL 15 or newer only."
        )
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


# As SQLAlchemy takes an address apart, but with several hosts.
_SEVERAL_HOSTS = re.compile(
    r"(?P<before>[\w+]+://(?:[^:/]*(?::[^@]*)?@)?)(?P<hosts>[^/?,]*(?:,[^/?,]*)+)(?P<name>/[^?]*)?(?:\?(?P<query>.*))?"
)
_HOST = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>\d*))?")


def _with_hosts_as_parameters(url: str) -> str:
    """Write several hosts as the parameters ``host`` and ``port``, which SQLAlchemy hands on as they are.

    They are tried in their order whenever a connection is made (PostgreSQL documentation, "Specifying Multiple
    Hosts"); ``target_session_attrs=read-write`` passes over those that are only copies.
    """
    found = _SEVERAL_HOSTS.fullmatch(url)
    if found is None:
        return url
    pairs = [_HOST.fullmatch(each) for each in found["hosts"].split(",")]
    if not all(pairs):
        raise ValueError("a port is no number")
    hosts = ",".join(unquote(pair["host"]).strip("[]") for pair in pairs if pair)
    ports = ",".join(pair["port"] or "" for pair in pairs if pair)
    parameters = urlencode({"host": hosts} | ({"port": ports} if ports.strip(",") else {}))
    query = "&".join(part for part in (parameters, found["query"]) if part)
    return f"{found['before']}{found['name'] or '/'}?{query}"


def conninfo(engine: Engine) -> str:
    """Return where an engine connects to as libpq's connection string, for what speaks to psycopg itself."""
    _, parameters = engine.dialect.create_connect_args(engine.url)
    parameters.pop("context", None)  # psycopg's own, for the types of values; added once an engine has connected
    return psycopg.conninfo.make_conninfo(**parameters)


_ELSEWHERE = ("08", "53", "57P")
"""Beginnings of SQLSTATEs (PostgreSQL documentation, appendix A): no connection, no resources, server stopping."""


def is_out_of_reach(error: BaseException) -> bool:
    """Say whether an error means that the database cannot serve now, rather than that a statement is wrong."""
    if isinstance(error, NoConnectionFree):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_out_of_reach(error.orig))
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(_ELSEWHERE)


def connect(url: str, *, pool_size: int = 10) -> Database:
    """Open a pool to the PostgreSQL at ``url`` and check that it answers.

    Raises:
        DatabaseUnavailable: when it cannot be reached or is older than PostgreSQL 15.
    """
    address = sqlalchemy_url(url)
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"connect_timeout": 10, "options": "-c timezone=UTC -c application_name=bandmate"},
    )
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("show server_version_num")).scalar_one())
    except OperationalError as error:
        engine.dispose()
        shown = make_url(address).render_as_string(hide_password=True)
        raise DatabaseUnavailable(f"The database at {shown} does not answer: {error.orig}") from error
    if version < MINIMUM_SERVER:
        engine.dispose()
        raise DatabaseUnavailable(
            f"This PostgreSQL is version {version // 10_000}; Bandmate needs 15 or newer. "
            "Upgrade the server or unset DATABASE_URL to use the embedded one."
        )
    return Database(engine, address)
