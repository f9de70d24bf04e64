"""Server-side sessions: a row here, a random token in the browser's cookie, of which only the hash is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from sqlalchemy import delete, insert, select

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.tables import account, person, session
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId, PersonId, new_id

SessionId = NewType("SessionId", UUID)

LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session with its token, which nobody can read again later."""

    session_id: SessionId
    expires_at: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionAsker:
    """Who a session's token belongs to."""

    session_id: SessionId
    asker: Asker


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session as its owner sees it."""

    session_id: SessionId
    created_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


def open_session(
    tx: Tx, account_id: AccountId, *, lifetime: timedelta, address: str, user_agent: str, now: datetime
) -> OpenedSession:
    """Start a session that ends by itself after ``lifetime``; sessions that have ended so are forgotten."""
    tx.execute(delete(session).where(session.c.expires_at <= now))
    opened = OpenedSession(SessionId(new_id()), now + lifetime, new_token())
    tx.execute(
        insert(session).values(
            session_id=opened.session_id,
            token_hash=token_hash(opened.token),
            account_id=account_id,
            created_at=now,
            expires_at=opened.expires_at,
            address=address,
            user_agent=_printable(user_agent),
        )
    )
    return opened


def asker_by_session(tx: Tx, token: str, *, now: datetime) -> SessionAsker | None:
    """Return who a token belongs to, or None when its session is unknown, ended or expired. One query."""
    row = tx.execute(
        select(session.c.session_id, account.c.account_id, person.c.person_id, person.c.name, account.c.role)
        .select_from(session)
        .join(account)
        .join(person)
        .where(session.c.token_hash == token_hash(token), session.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    asker = Asker(
        PersonId(row.person_id),
        row.name,
        Role(row.role).included,
        frozenset(),
        "session",
        account_id=AccountId(row.account_id),
    )
    return SessionAsker(SessionId(row.session_id), asker)


def sessions_of(tx: Tx, account_id: AccountId, *, now: datetime) -> tuple[SessionEntry, ...]:
    """Return the account's living sessions, newest first."""
    columns = session.c
    rows = tx.execute(
        select(columns.session_id, columns.created_at, columns.expires_at, columns.address, columns.user_agent)
        .where(columns.account_id == account_id, columns.expires_at > now)
        .order_by(columns.created_at.desc(), columns.session_id)
    )
    return tuple(SessionEntry(SessionId(row[0]), row[1], row[2], row[3], row[4]) for row in rows)


def end_session(tx: Tx, account_id: AccountId, session_id: SessionId) -> None:
    """End one session of this account.

    Raises:
        NotFound: when the account has no such session.
    """
    ended = tx.execute(
        delete(session)
        .where(session.c.session_id == session_id, session.c.account_id == account_id)
        .returning(session.c.session_id)
    )
    if ended.one_or_none() is None:
        raise NotFound("There is no such session; it may have ended already.")


def end_session_of_token(tx: Tx, token: str) -> None:
    """End the session of a cookie's token, if there is one: at sign-out, and before a new one replaces it."""
    tx.execute(delete(session).where(session.c.token_hash == token_hash(token)))


def end_sessions(tx: Tx, account_id: AccountId, *, keep: SessionId | None = None) -> None:
    """End every session of an account but ``keep``."""
    doomed = delete(session).where(session.c.account_id == account_id)
    tx.execute(doomed if keep is None else doomed.where(session.c.session_id != keep))


def _printable(user_agent: str) -> str:
    return "".join(filter(str.isprintable, user_agent))[:LONGEST_USER_AGENT]
