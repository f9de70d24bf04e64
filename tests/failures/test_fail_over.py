"""``DATABASE_URL`` with several hosts: whichever takes writes is found, also when the first goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from starlette.testclient import TestClient
from tests.failures.programs import OwnServer, own_server

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx, connect, conninfo, sqlalchemy_url
from bandmate.kernel.errors import DatabaseUnavailable
from bandmate.kernel.tasks import TaskContext, TaskRegistry, run_worker


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[OwnServer, OwnServer]]:
    """Two servers, each with a migrated database."""
    with own_server() as first, own_server() as second:
        yield first, second


def both(pair: tuple[OwnServer, OwnServer], parameters: str = "target_session_attrs=read-write") -> str:
    """Return one address of both, as libpq writes it."""
    url = make_url(pair[0].url)
    hosts = ",".join(quote(str(server.socket_folder), safe="") for server in pair)
    return f"postgresql://{url.username}@{hosts}/{url.database}?{parameters}"


def folder_of(tx: Tx) -> str:
    """Return where the connected server listens."""
    connection = tx.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection.info.host


def test_pool_turns_to_the_second_server_and_back(pair: tuple[OwnServer, OwnServer]) -> None:
    """The first is used while it runs; when it stops, the same pool works on the second without a new start."""
    first, second = pair
    database = connect(both(pair))
    with database.begin() as tx:
        assert folder_of(tx) == str(first.socket_folder)
    first.stop()
    try:
        with database.begin() as tx:
            assert folder_of(tx) == str(second.socket_folder)
    finally:
        first.start()
        database.close()


def test_copy_that_takes_no_writes_is_passed_over(pair: tuple[OwnServer, OwnServer]) -> None:
    """With ``target_session_attrs=read-write`` a server that refuses writes is not worked on."""
    first, second = pair
    one = connect(first.url)
    with one.begin() as tx:
        tx.execute(text("alter database bandmate set default_transaction_read_only = on"))
    database = connect(both(pair))
    try:
        with database.begin() as tx:
            assert folder_of(tx) == str(second.socket_folder)
    finally:
        database.close()
        with one.begin() as tx:
            tx.execute(text("set transaction read write"))
            tx.execute(text("alter database bandmate reset default_transaction_read_only"))
        one.close()


def test_web_and_tasks_turn_to_the_second_server(pair: tuple[OwnServer, OwnServer], tmp_path: Path) -> None:
    """Pages are answered and tasks run on the second server within seconds of the first one's end."""
    first, _ = pair
    registry, ran = TaskRegistry(), threading.Event()

    @registry.register(name="tests.play")
    def play(context: TaskContext) -> None:
        ran.set()

    database = connect(both(pair))
    client = TestClient(create_app(Settings(home=tmp_path, database_url=both(pair)), database))
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(database, stop), kwargs={"registry": registry})
    worker.start()
    try:
        assert client.get("/jobs").status_code == 200
        first.stop()
        assert client.get("/jobs").status_code == 200
        with database.begin() as tx:
            registry.defer(tx, "tests.play")
        assert ran.wait(30)
    finally:
        stop.set()
        worker.join(30)
        first.start()
        database.close()
    assert not worker.is_alive()


def test_no_server_at_all_is_one_sentence(pair: tuple[OwnServer, OwnServer]) -> None:
    """When none of the hosts answers, the sentence names where was asked, without the password."""
    nowhere = "postgresql://ada:planted@127.0.0.1:1,127.0.0.1:2/bandmate"
    with pytest.raises(DatabaseUnavailable, match=r"does not answer") as caught:
        connect(nowhere)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "postgresql://ada:pw@one,two/jobs",
            {"host": "one,two", "user": "ada", "password": "pw", "dbname": "jobs"},
        ),
        ("postgres://one:5432,two:5433/jobs", {"host": "one,two", "port": "5432,5433", "dbname": "jobs"}),
        ("postgresql://one,two:5433/jobs", {"host": "one,two", "port": ",5433", "dbname": "jobs"}),
        ("postgresql://[::1]:1,[fe80::2]:2/jobs", {"host": "::1,fe80::2", "port": "1,2", "dbname": "jobs"}),
        ("postgresql+psycopg://a%40b:c%2Fd@one,two/jobs", {"user": "a@b", "password": "c/d", "host": "one,two"}),
        ("postgresql://%2Ftmp%2Fa,%2Ftmp%2Fb/jobs", {"host": "/tmp/a,/tmp/b"}),
        ("postgresql://one,two/jobs?sslmode=require&target_session_attrs=any", {"sslmode": "require"}),
        ("postgresql://one,two", {"host": "one,two"}),
        ("postgresql://ada:pw@one:5432/jobs?application_name=a,b", {"host": "one", "application_name": "a,b"}),
        ("postgresql:///jobs?host=one:5432&host=two:5433", {"host": "one,two", "port": "5432,5433"}),
    ],
)
def test_address_reaches_libpq_as_written(written: str, expected: dict[str, str]) -> None:
    """Hosts, ports, names, secrets and parameters come out of every spelling as libpq would read them."""
    parameters = psycopg.conninfo.conninfo_to_dict(conninfo(create_engine(sqlalchemy_url(written))))
    assert expected.items() <= parameters.items()


@pytest.mark.parametrize("written", ["postgresql://one:x,two/jobs", "postgresql://one:1:2,two/jobs"])
def test_impossible_ports_are_refused(written: str) -> None:
    """A port that is no number is refused in a sentence that shows both ways to write an address."""
    with pytest.raises(DatabaseUnavailable, match=r"host1:5432,host2:5432"):
        sqlalchemy_url(written)
