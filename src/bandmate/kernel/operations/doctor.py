"""The doctor: looks at one thing after another and says in plain words what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.migrating import known_revisions, present_revision, wanted_revision
from bandmate.kernel.database.opening import open_as_it_is
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import BandmateError


class State(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, but somebody should look at it."""
    BAD = "bad"
    """Something does not work, or soon will not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing."""

    what: str
    """The thing, in a word or two."""
    state: State
    detail: str
    """What is so, in a sentence."""
    remedy: str = ""
    """How to mend it; empty where nothing needs mending."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    settings: Settings
    opened: Database | None
    """None when it cannot be opened."""
    clock: Clock

    @property
    def database(self) -> Database:
        """The database, for checks that say they need it."""
        assert self.opened is not None, "the check did not say that it needs the database"  # noqa: S101 - a slip
        return self.opened


Look = Callable[[Patient], Iterable[Finding]]


class Needs(IntEnum):
    """What must be there before a check makes sense."""

    NOTHING = 0
    DATABASE = 1
    SCHEMA = 2
    """The database with the schema of this program."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    what: str
    look: Look
    needs: Needs = Needs.NOTHING


def ok(what: str, detail: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(what, State.OK, detail)


def warn(what: str, detail: str, remedy: str) -> Finding:
    """Say that somebody should look at something."""
    return Finding(what, State.WARN, detail, remedy)


def bad(what: str, detail: str, remedy: str) -> Finding:
    """Say that something does not work."""
    return Finding(what, State.BAD, detail, remedy)


def examine(settings: Settings, checks: Sequence[Check], clock: Clock) -> list[Finding]:
    """Open the database where that can be done, and run all checks; a check that breaks is a finding too."""
    with ExitStack() as stack:
        findings: list[Finding] = []
        database, there = None, Needs.NOTHING
        try:
            database = stack.enter_context(open_as_it_is(settings))
            version = ".".join(map(str, database.engine.dialect.server_version_info or ()))
            findings.append(ok("database", f"It answers as PostgreSQL {version}."))
            there, schema = _schema(database)
            findings.append(schema)
        except BandmateError as error:
            findings.append(bad("database", error.detail, "Nothing that needs it was looked at."))
        patient = Patient(settings, database, clock)
        for check in checks:
            if check.needs <= there:
                findings += _safely(check, patient)
        return findings


def _schema(database: Database) -> tuple[Needs, Finding]:
    """Say how far the schema is, and what may be looked at because of it."""
    with database.read() as tx:
        present, wanted = present_revision(tx), wanted_revision()
    if present == wanted:
        return Needs.SCHEMA, ok("schema", f"It is at {present}, as this program needs it.")
    if present in known_revisions() or present is None:
        detail = f"It is at {present or 'none'}; the program needs {wanted}."
        return Needs.DATABASE, bad("schema", detail, "Take a backup, then run `bandmate migrate`.")
    detail = f"It is at {present}, which this version does not know: a newer one wrote it."
    return Needs.DATABASE, bad("schema", detail, "Start the newest version of the program.")


def _safely(check: Check, patient: Patient) -> Iterator[Finding]:
    """Look; whatever stops us from looking says something about the patient."""
    try:
        yield from check.look(patient)
    except BandmateError as error:
        yield bad(check.what, error.detail, "")
    except SQLAlchemyError as error:
        detail = " ".join(str(getattr(error, "orig", None) or error).split())
        yield bad(check.what, f"The database did not answer this: {detail}.", "Its log may say more.")
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        yield bad(check.what, f"{error.strerror or error}{where}.", "Mend what the operating system says.")
