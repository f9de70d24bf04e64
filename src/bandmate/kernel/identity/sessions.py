"""Server-side sessions: a row here, a random token in the browser's cookie, of which only the hash is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.devices import device_words
from bandmate.kernel.identity.tables import account, person, session
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId, PersonId, new_id

SessionId = NewType("SessionId", UUID)

LONGEST_USER_AGENT = 300
USE_IS_NOTED_EVERY = timedelta(minutes=5)
"""How coarse ``last_used_at`` is, so that a reader costs one write in five minutes and not one a page."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session with its token, which nobody can read again later."""

    session_id: SessionId
    expires_at: datetime
    token: str = field(repr=False)
    browser: str | None = field(default=None, repr=False)
    """What the browser carries from now on so that the account knows it again; see ``known_browsers``."""


@dataclass(frozen=True, slots=True)
class SessionAsker:
    """Who a session's token belongs to."""

    session_id: SessionId
    asker: Asker
    note_use: bool
    """Whether its use should be noted now."""


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session as its owner sees it."""

    session_id: SessionId
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime
    """To some minutes."""
    address: str
    device: str
    """The browser and the system in words; see ``devices``."""


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
            last_used_at=now,
        )
    )
    return opened


def asker_by_session(tx: Tx, token: str, *, now: datetime) -> SessionAsker | None:
    """Return who a token belongs to, or None when its session is unknown, ended or expired. One query."""
    row = tx.execute(
        select(
            session.c.session_id,
            session.c.last_used_at,
            account.c.account_id,
            person.c.person_id,
            person.c.name,
            person.c.locale,
            account.c.role,
        )
        .select_from(session)
        .join(account)
        .join(person)
        .where(
            session.c.token_hash == token_hash(token), session.c.expires_at > now, account.c.disabled_at.is_(None)
        )
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
        locale=row.locale,
    )
    stale = row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY
    return SessionAsker(SessionId(row.session_id), asker, stale)


def note_session_use(tx: Tx, session_id: SessionId, *, now: datetime) -> None:
    """Remember that a session was used; does nothing when another request noted it within the minutes."""
    stale = or_(session.c.last_used_at.is_(None), session.c.last_used_at <= now - USE_IS_NOTED_EVERY)
    tx.execute(update(session).where(session.c.session_id == session_id, stale).values(last_used_at=now))


def sessions_of(tx: Tx, account_id: AccountId, *, now: datetime) -> tuple[SessionEntry, ...]:
    """Return the account's living sessions, the last used first."""
    columns = session.c
    used = func.coalesce(columns.last_used_at, columns.created_at)
    rows = tx.execute(
        select(
            columns.session_id, columns.created_at, columns.expires_at, used, columns.address, columns.user_agent
        )
        .where(columns.account_id == account_id, columns.expires_at > now)
        .order_by(used.desc(), columns.session_id)
    )
    return tuple(
        SessionEntry(SessionId(row[0]), row[1], row[2], row[3], row[4], device_words(row[5])) for row in rows
    )


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


def end_sessions(tx: Tx, account_id: AccountId, *, keep: SessionId | None = None) -> int:
    """End every session of an account but ``keep``; return how many."""
    doomed = delete(session).where(session.c.account_id == account_id)
    return tx.execute(doomed if keep is None else doomed.where(session.c.session_id != keep)).rowcount


def renew_token(tx: Tx, session_id: SessionId) -> str:
    """Give a session a new token and return it; the old one opens nothing any more."""
    token = new_token()
    tx.execute(update(session).where(session.c.session_id == session_id).values(token_hash=token_hash(token)))
    return token


def _printable(user_agent: str) -> str:
    return "".join(filter(str.isprintable, user_agent))[:LONGEST_USER_AGENT]
