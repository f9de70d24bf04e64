"""After an erasure nothing tells of the person: not in any table of ours, not in any file, not in the logs.

A token that exists nowhere else is planted through the use cases of every room that takes words from persons. Then
every table of every schema of ours is walked for it, and for the person's id, and every file below the home.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from tests.kernel.identity.conftest import NOON, PASSWORD

from bandmate.kernel.audit import note
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Evidence, Through, grant
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.decisions import (
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    contest,
    declare_rule,
    record,
    rules,
)
from bandmate.kernel.events import Event, publish
from bandmate.kernel.holdings import declared_holdings, registry
from bandmate.kernel.holdings.downloads import make_download, request_download
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.export import export_person
from bandmate.kernel.holdings.merging import merge
from bandmate.kernel.holdings.outside import LATE_WRITES, finish_erasures
from bandmate.kernel.holdings.requests import lift_hold, place_hold, request_erasure
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import EventId, PersonId, new_id
from bandmate.kernel.notify import MessageRequest, Urgency, request_message
from bandmate.kernel.notify.topics import declared_templates
from bandmate.kernel.tasks import TaskContext, TaskRegistry
from bandmate.kernel.webhooks.endpoints import register
from bandmate.postings.events import JOB_CREATED

from .conftest import ALERTS

TOKEN = "zyxq7plectrum"
"""Lower case, so that comparing forms of names and addresses keep it."""

SCHEMAS = ("kernel", "postings", "procrastinate")

# Columns that say whose a row is, besides foreign keys to persons and accounts.
PERSONAL_NAMES = ("person_id", "account_id", "recipient")

RULE = Rule("tests.fit", 1, "Fit", lambda _: Ruling("yes"), lambda _: "Yes.")


@pytest.fixture(autouse=True)
def _rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rule is declared, for these tests only."""
    monkeypatch.setattr(rules, "_declared", dict(rules._declared))
    declare_rule(RULE)


def _plant(database: Database, settings: Settings) -> PersonId:
    """Have a person write the token wherever the rooms take words from persons."""
    with database.begin() as tx:
        person = create_person(tx, name=f"Mia {TOKEN}", now=NOON)
        account = create_account(tx, person, email=f"{TOKEN}@example.org", password=PASSWORD, now=NOON)
        open_session(
            tx, account.account_id, lifetime=timedelta(days=14), address="192.0.2.7", user_agent=TOKEN, now=NOON
        )
        create_key(tx, account.account_id, name=TOKEN, scopes=["member"], expires_at=None, now=NOON)
        said = Evidence(person, Through.PHONE, f"I am {TOKEN} and want alerts.", 1, "en")
        grant(tx, person, ALERTS.name, evidence=said, at=NOON)
        note(
            tx,
            by=person,
            action="tests.acted",
            subject=str(person),
            at=NOON,
            address="192.0.2.7",
            details={"n": TOKEN},
        )
        publish(tx, [Event(EventId(new_id()), "tests.person.seen", 1, str(person), NOON, {"said": TOKEN})])
        _plant_job(tx, person)
        _plant_message(tx, person)
        _plant_decision(tx, person, Asker(person, "Mia", Role.MEMBER.included, frozenset(), "session"))
        register(
            tx, settings, url="https://example.org/", description=TOKEN, types=[JOB_CREATED], by=person, now=NOON
        )
        place_hold(tx, person, by="tests", now=NOON, reason=TOKEN)
        lift_hold(tx, person, by="tests", now=NOON)
        _plant_merge(tx, person)
        export_id = request_download(tx, person, now=NOON)
        request_erasure(tx, person, by=person, now=NOON, grace=timedelta(days=7))
    make_download(database, settings, export_id, now=NOON)
    return person


def _plant_job(tx: Tx, person: PersonId) -> None:
    registry_of_jobs = TaskRegistry()

    @registry_of_jobs.register(name="tests.greet")
    def greet(context: TaskContext, person: str, name: str) -> None:
        """Never run."""

    registry_of_jobs.defer(tx, "tests.greet", person=str(person), name=TOKEN)


def _plant_message(tx: Tx, person: PersonId) -> None:
    for template in declared_templates():
        request_message(
            tx,
            MessageRequest(
                EventId(new_id()),
                person,
                template.name,
                {"name": TOKEN},
                None,
                Urgency.SOON,
                None,
                f"For {TOKEN}.",
            ),
            now=NOON,
        )


def _plant_decision(tx: Tx, person: PersonId, asker: Asker) -> None:
    decision = Decision(
        DecisionId(new_id()),
        "tests.fit",
        person,
        ObjectRef("tests.seat", TOKEN),
        RULE.name,
        RULE.version,
        (Input("said", TOKEN),),
        "yes",
        NOON,
        "tests",
    )
    record(tx, [decision])
    contest(tx, decision.decision_id, asker=asker, words=f"I am {TOKEN}, look again.", now=NOON)


def _plant_merge(tx: Tx, person: PersonId) -> None:
    other = create_person(tx, name=f"Also {TOKEN}", now=NOON)
    grant(tx, other, ALERTS.name, evidence=Evidence("tests", Through.IMPORT, TOKEN, 1, "en"), at=NOON)
    merge(tx, person, other, by="tests", now=NOON, reason=f"both are {TOKEN}")


def _traces(tx: Tx, needle: str) -> Iterator[str]:
    """Name every column of our tables that holds the needle, whatever its type: rows are searched as text."""
    columns = tx.execute(
        text("""
            select format('%I.%I', table_schema, table_name) as place, column_name, data_type
              from information_schema.columns join information_schema.tables using (table_schema, table_name)
             where table_schema = any(:schemas) and table_type = 'BASE TABLE'
               and data_type in ('text', 'json', 'jsonb', 'bytea', 'ARRAY', 'character varying', 'character',
                                 'inet', 'USER-DEFINED')
             order by 1, 2
        """),
        {"schemas": list(SCHEMAS)},
    ).all()
    for place, column, kind in columns:
        said = f"""encode("{column}", 'escape')""" if kind == "bytea" else f'cast("{column}" as text)'
        query = f"select count(*) from {place} where lower({said}) like :needle"
        if tx.execute(text(query), {"needle": f"%{needle}%"}).scalar_one():
            yield f"{place}.{column}"


def _files_with(folder: Path, needle: bytes) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (needle in str(path).encode() or any(needle in body for body in _bodies(path)))
    ]


def _bodies(path: Path) -> Iterator[bytes]:
    """Return what a file holds, and what it holds compressed."""
    body = path.read_bytes()
    yield body
    if body.startswith(b"\x1f\x8b"):
        yield gzip.decompress(body)
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from (archive.read(name) for name in archive.namelist())


@pytest.fixture
def logged() -> Iterator[Sequence[object]]:
    """What is logged, as it would be written."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_the_search_finds_what_is_there(database: Database, settings: Settings) -> None:
    """Before the erasure the token is found in tables and files of all rooms: the search is not blind."""
    _plant(database, settings)
    with database.read() as tx:
        found = set(_traces(tx, TOKEN))
    assert {
        "kernel.person.name",
        "kernel.account.email",
        "kernel.api_key.name",
        "kernel.consent_entry.wording",
        "kernel.event.data",
        "kernel.person_merge.reason",
        "kernel.webhook_endpoint.description",
        "procrastinate.procrastinate_jobs.args",
    } <= found
    assert any(place.startswith("kernel.decision") for place in found)
    assert any(place.startswith("kernel.audit") for place in found)
    assert len(_files_with(settings.home, TOKEN.encode())) == 1


def test_after_an_erasure_the_token_is_nowhere(
    database: Database, settings: Settings, logged: Sequence[object]
) -> None:
    """Neither in a table, nor in a file, nor in what was logged meanwhile."""
    person = _plant(database, settings)
    with database.begin() as tx:
        erase_person(tx, person, by="tests", now=NOON)
    finish_erasures(database, settings, now=NOON + LATE_WRITES)
    with database.read() as tx:
        assert list(_traces(tx, TOKEN)) == []
    assert _files_with(settings.home, TOKEN.encode()) == []
    assert TOKEN not in repr(logged)


def test_after_an_erasure_texts_name_the_id_only_where_a_room_says_so(
    database: Database, settings: Settings
) -> None:
    """Only tables of holdings that say what they keep hold the id in a text; and no file is named after it."""
    person = _plant(database, settings)
    with database.begin() as tx:
        erase_person(tx, person, by="tests", now=NOON)
    finish_erasures(database, settings, now=NOON + LATE_WRITES)
    keeping = {table for holding in declared_holdings() if holding.kept for table in holding.tables}
    with database.read() as tx:
        found = {place.rpartition(".")[0] for place in _traces(tx, str(person))}
    assert found - keeping == set()
    assert _files_with(settings.home, str(person).encode()) == []


def test_an_erased_persons_export_holds_no_token(database: Database, settings: Settings) -> None:
    """What could still be exported tells nothing either."""
    person = _plant(database, settings)
    with database.begin() as tx:
        erase_person(tx, person, by="tests", now=NOON)
    with database.read() as tx:
        assert TOKEN not in repr(export_person(tx, person))


def test_a_room_that_forgets_to_erase_is_found(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the holding of consent the search names its table: the test above can fail."""
    without = {name: each for name, each in registry._declared.items() if name != "consent"}
    monkeypatch.setattr(registry, "_declared", without)
    person = _plant(database, settings)
    with database.begin() as tx:
        erase_person(tx, person, by="tests", now=NOON)
        assert "kernel.consent_entry.wording" in set(_traces(tx, TOKEN))


def _personal_tables(tx: Tx) -> dict[str, str]:
    """Return every table that names a person or an account, with the column that does."""
    rows = tx.execute(
        text("""
            with pointing as (
                select conrelid as of, conkey[1] as number from pg_constraint
                 where contype = 'f'
                   and confrelid in (cast('kernel.person' as regclass), cast('kernel.account' as regclass))
            )
            select distinct on (1) format('%I.%I', nspname, relname) as place, attname as column
              from pg_attribute join pg_class on pg_class.oid = attrelid
              join pg_namespace on pg_namespace.oid = relnamespace
             where relkind in ('r', 'p') and nspname = any(:schemas) and attnum > 0 and not attisdropped
               and (attname = any(:names) or (attname = 'subject' and atttypid = cast('uuid' as regtype))
                    or exists (select from pointing where of = attrelid and number = attnum))
             order by 1, 2
        """),
        {"schemas": list(SCHEMAS), "names": list(PERSONAL_NAMES)},
    )
    return {row.place: row.column for row in rows}


def test_every_table_with_persons_belongs_to_a_holding(database: Database) -> None:
    """A room cannot add a table that names persons without saying how it is shown, merged and erased."""
    covered = {table for holding in declared_holdings() for table in holding.tables}
    with database.read() as tx:
        missing = {place: column for place, column in _personal_tables(tx).items() if place not in covered}
    assert missing == {}, "these tables name persons (column), and no declared holding lists them under `tables`"


def test_holdings_list_only_tables_that_exist_and_none_twice(database: Database) -> None:
    """A misspelt or doubly claimed table would be nobody's."""
    listed = [table for holding in declared_holdings() for table in holding.tables]
    assert len(listed) == len(set(listed))
    with database.read() as tx:
        unknown = [t for t in listed if tx.execute(text("select to_regclass(:t)"), {"t": t}).scalar_one() is None]
    assert unknown == []


def test_the_structural_test_sees_a_new_table(database: Database) -> None:
    """A table with a foreign key to a person is found whatever its column is called."""
    with database.begin() as tx:
        tx.execute(text("create table kernel.fan (id uuid, admirer uuid references kernel.person)"))
        assert _personal_tables(tx)["kernel.fan"] == "admirer"
        tx.rollback()
