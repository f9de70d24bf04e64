"""``bandmate demo``: boards and people of a music company that does not exist, loaded once, then served."""

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
from bandmate.marketplace.launches.governing import choose_companies
from bandmate.marketplace.matching.crowd import set_prices
from bandmate.marketplace.opportunities import tasks as _tasks  # noqa: F401 - choosing companies defers one
from bandmate.marketplace.opportunities.following import reconcile
from bandmate.marketplace.sample import PEOPLE, load_company
from bandmate.marketplace.sample.looking import write_lists
from bandmate.postings import companies
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
ADMINISTRATOR_EMAIL = "ada.fermata@halfnote.example"
OWN_COMPANY = "Halfnote"
"""Whose people use the marketplace, and whose postings are jobs there."""

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
        ADMINISTRATOR_EMAIL,
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
    Persona(
        "nell",
        "Nell Okafor",
        "nell.okafor@halfnote.example",
        Role.MEMBER,
        "Started three weeks ago: finds projects, jobs and a mentor, and learns why they suit her.",
    ),
    Persona(
        "tomas",
        "Tomas Lindqvist",
        "tomas.lindqvist@halfnote.example",
        Role.MEMBER,
        "A staff engineer who mentors.",
    ),
    Persona(
        "rhea",
        "Rhea Whitaker",
        "rhea.whitaker@halfnote.example",
        Role.MEMBER,
        "Leads a team, and is asked when somebody of it wants to give time elsewhere.",
    ),
    Persona(
        "ines",
        "Inès Garnier",
        "ines.garnier@halfnote.example",
        Role.MEMBER,
        "Hosts projects, and chooses among those who want to join.",
    ),
    Persona(
        "kofi",
        "Kofi Adeyemi",
        "kofi.adeyemi@halfnote.example",
        Role.MEMBER,
        "Leads the mentoring programme: a round for everybody who wishes for a mentor.",
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
    """Load boards, accounts and the company's people, unless they are there; doing it again changes nothing."""
    folder = settings.home / "demo"
    now = clock()
    archive = folder / "archive"
    _write_archive(archive, now)
    loaded = replay(database, archive, settings.archive_place, LaunchScope.of(settings), processes=1)
    _name_companies(database, now)
    password = _operator(database, folder / "password", now)
    _personas(database, now)
    load_company(database, now=now, with_history=True)
    _open_marketplace(database, folder / "marketplace", clock)
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
    """Create the personas that are not there yet; they have no password, only their button.

    The company's directory finds its own people among them, as it would those who signed up before it came.
    """
    with database.begin() as tx:
        there = {account.email for account in all_accounts(tx)}
        for persona in PERSONAS:
            if persona.email not in there:
                person = create_person(tx, name=persona.name, now=now)
                create_account(tx, person, email=persona.email, password=None, role=persona.role, now=now)


def _open_marketplace(database: Database, finished: Path, clock: Clock) -> None:
    """Let the company's own postings be its jobs, price what is open, and have some people look at it.

    Once: what visitors change stays.
    """
    if finished.exists():
        return
    now = clock()
    with database.begin() as tx:
        administrator = account_by_email(tx, ADMINISTRATOR_EMAIL).person_id
        own = [each.org_id for each in companies(tx) if each.name == OWN_COMPANY]
        choose_companies(tx, administrator, own, now=now)
    reconcile(database, clock)
    with database.begin() as tx:
        set_prices(tx, now=now)
        write_lists(tx, now=now)
    finished.touch()


def invitation(offer: Demo, address: str) -> str:
    """Say where the demo is and what to try there."""
    counts = offer.loaded.counts
    news = (
        f"{counts.postings} postings of {offer.loaded.boards} fictional boards and {PEOPLE:,} people loaded"
        if counts.runs
        else "Ready"
    )
    return f"""
{news}. Open  {address}

  Search      {address}/jobs?q=engineer
  Companies   {address}/companies
  Marketplace {address}/sign-in   as Nell, Kofi, Inès ... with one click, then {address}/for-you
  Operators   {address}/sign-in   as {offer.email}, password {offer.password}
  API         {address}/job-postings/v1/jobs/search?q=engineer&limit=3

Try: a job whose board says "on site" and whose text says hybrid; a job that closed and came back;
the boards page, where one board stopped answering. Ctrl-C stops the server and its database."""
