"""``bandmate demo``: the fictional boards of a music company and its neighbours, loaded once, then served."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from bandmate.kernel.archive import open_archive
from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.personas import Persona
from bandmate.kernel.identity.persons import account_by_email, all_accounts, create_account, create_person
from bandmate.postings.boards import name_company
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.observations import RUNS, Observation, record
from bandmate.postings.replay import Replayed, replay
from bandmate.postings.sample import SAMPLE_BOARDS, sample_runs

OPERATOR_EMAIL = "olive.quaver@halfnote.example"
OPERATOR_NAME = "Olive Quaver"

PERSONAS = (
    Persona(
        "olive",
        OPERATOR_NAME,
        OPERATOR_EMAIL,
        Role.OPERATOR,
        "Looks after the boards: which answer, which fell silent, what the last runs brought.",
    ),
    Persona(
        "ada",
        "Ada Fermata",
        "ada.fermata@halfnote.example",
        Role.ADMINISTRATOR,
        "Gives roles, disables accounts, looks into the audit trail and the service accounts.",
    ),
    Persona(
        "milo",
        "Milo Segno",
        "milo.segno@halfnote.example",
        Role.MEMBER,
        "Looks for work, keeps searches, and sees what is known and decided about him.",
    ),
)
"""Whom a visitor of the demo may become with one click."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo offers to try."""

    email: str
    password: str
    loaded: Replayed


def prepare(database: Database, settings: Settings, clock: Clock) -> Demo:
    """Load the sample boards and an operator's account, unless they are there; doing it again changes nothing."""
    folder = settings.home / "demo"
    now = clock()
    archive = folder / "archive"
    _write_archive(archive, now)
    loaded = replay(database, archive, settings.archive_place, LaunchScope.of(settings), processes=1)
    _name_companies(database, now)
    password = _operator(database, folder / "password", now)
    _personas(database, now)
    drain_if_alone(database, settings)
    return Demo(OPERATOR_EMAIL, password, loaded)


def _write_archive(folder: Path, now: datetime) -> None:
    """Record the sample runs as a raw archive, once; an unfinished one is begun again."""
    finished = folder / "complete"
    if finished.exists():
        return
    with suppress(FileNotFoundError):
        (folder / RUNS).unlink()
    archive = open_archive(folder)
    last: dict[BoardName, Observation] = {}
    for run in sample_runs(now):
        board = BoardName(run.provider, run.board)
        before = last.get(board)
        last[board] = record(
            archive,
            Observation(
                board=board,
                observed_at=run.observed_at,
                outcome=Outcome(run.outcome),
                http_status=run.http_status,
                declared_total=run.declared_total,
                listed=run.listed,
                sha256=before.sha256 if before and run.payload is not None else None,
                path=before.path if before and run.payload is not None else None,
                detail=run.detail,
            ),
            run.payload,
        )
    finished.touch()


def _name_companies(database: Database, now: datetime) -> None:
    with database.begin() as tx:
        named = set(tx.execute(text("select name from postings.org where named_by = 'operator'")).scalars())
        for board in SAMPLE_BOARDS:
            if board.company not in named:
                name_company(tx, BoardName(board.provider, board.board), board.company, now=now)


def _operator(database: Database, secret: Path, now: datetime) -> str:
    """Return the operator's password; it is drawn once and kept where only this user can read it."""
    with database.begin() as tx:
        with suppress(NotFound, FileNotFoundError):
            account_by_email(tx, OPERATOR_EMAIL)
            return secret.read_text()
        password = secrets.token_urlsafe(12)
        person = create_person(tx, name=OPERATOR_NAME, now=now)
        create_account(tx, person, email=OPERATOR_EMAIL, password=password, role=Role.OPERATOR, now=now)
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password)
        return password


def _personas(database: Database, now: datetime) -> None:
    """Create the personas that are not there yet; they have no password, only their button."""
    with database.begin() as tx:
        there = {account.email for account in all_accounts(tx)}
        for persona in PERSONAS:
            if persona.email not in there:
                person = create_person(tx, name=persona.name, now=now)
                create_account(tx, person, email=persona.email, password=None, role=persona.role, now=now)


def invitation(offer: Demo, address: str) -> str:
    """Say where the demo is and what to try there."""
    counts = offer.loaded.counts
    news = (
        f"{counts.postings} postings of {offer.loaded.boards} fictional boards loaded" if counts.runs else "Ready"
    )
    return f"""
{news}. Open  {address}

  Search      {address}/jobs?q=engineer
  Companies   {address}/companies
  Operators   {address}/sign-in   as {offer.email}, password {offer.password}
  API         {address}/job-postings/v1/jobs/search?q=engineer&limit=3

Try: a job whose board says "on site" and whose text says hybrid; a job that closed and came back;
the boards page, where one board stopped answering. Ctrl-C stops the server and its database."""
