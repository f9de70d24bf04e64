"""The one place where a browser gets a session, whatever way somebody came in by.

An old session of the browser ends, and a new one with a new token begins: a token that somebody planted in the
browser beforehand is worth nothing afterwards (session fixation).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from fastapi import Request
from sqlalchemy import select
from starlette.responses import Response

from bandmate.kernel.audit import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden
from bandmate.kernel.identity.cookies import (
    BROWSER,
    OPENID,
    SESSION,
    VISIT,
    clear_cookie,
    policy_of,
    read_cookie,
    set_cookie,
)
from bandmate.kernel.identity.devices import device_words
from bandmate.kernel.identity.forms import address_of
from bandmate.kernel.identity.known_browsers import REMEMBERED, remember_browser
from bandmate.kernel.identity.letters import NEW_SIGN_IN, write_to_owner
from bandmate.kernel.identity.sessions import OpenedSession, end_session_of_token, open_session
from bandmate.kernel.identity.tables import account
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.languages import gettext as _

log = logging.getLogger(__name__)


def enter(request: Request, tx: Tx, account_id: AccountId, *, way: str, now: datetime) -> OpenedSession:
    """Open a new session for who has proved that the account is theirs. Not idempotent: each call opens one.

    Args:
        request: the request of the browser that gets the session.
        tx: its transaction; the account's row stays locked, so that nobody is let in while it is being disabled.
        account_id: whose session it becomes.
        way: how they proved it, for the trail: ``password``, ``openid:acme``, ``persona``.
        now: when.

    Raises:
        Forbidden: when the account is disabled, or no person's.
    """
    person_id = tx.execute(
        select(account.c.person_id)
        .where(account.c.account_id == account_id, account.c.disabled_at.is_(None), account.c.kind == "person")
        .with_for_update(read=True)
    ).scalar_one_or_none()
    if person_id is None:
        raise Forbidden(_("This account is disabled. Those who run this installation can enable it again."))
    before = read_cookie(request, SESSION)
    if before is not None:
        end_session_of_token(tx, before)
    opened = open_session(
        tx,
        account_id,
        lifetime=policy_of(request).session_lifetime,
        address=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        now=now,
    )
    remembered = remember_browser(tx, account_id, read_cookie(request, BROWSER), now=now)
    device = device_words(request.headers.get("User-Agent", ""))
    if remembered.is_new:
        told = {"at": rfc3339(now), "secret_browser": device, "secret_address": address_of(request)}
        write_to_owner(tx, account_id, NEW_SIGN_IN, now=now, variables=told)
    note(
        tx,
        by=PersonId(person_id),
        action="identity.session.opened",
        subject=str(opened.session_id),
        at=now,
        address=address_of(request),
        details={"way": way, "browser": device},
    )
    log.info("account %s signed in from %s by %s", account_id, address_of(request), way)
    return replace(opened, browser=remembered.token)


def welcome(request: Request, response: Response, opened: OpenedSession) -> None:
    """Give the browser its new session, and forget what was only needed to get there."""
    set_cookie(request, response, SESSION, opened.token, lifetime=policy_of(request).session_lifetime)
    if opened.browser is not None:
        set_cookie(request, response, BROWSER, opened.browser, lifetime=REMEMBERED)
    clear_cookie(request, response, VISIT)
    if read_cookie(request, OPENID) is not None:
        clear_cookie(request, response, OPENID)
