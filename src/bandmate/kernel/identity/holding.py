"""What identity holds about a person: the account with everything that hangs on it, without any secret."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_ACCOUNT = OwnedRows(
    "kernel.account",
    "account_id",
    unless="exists (select from kernel.account as other where other.person_id = %(kept)s)",
)

# Hashes and tokens are named nowhere in it, so that none can come out. PostgreSQL writes instants into jsonb as
# RFC 3339, in UTC as every connection of ours is.
_EXPORT = text("""
    select jsonb_build_object(
        'person_id', person.person_id, 'name', person.name, 'since', person.created_at,
        'language', person.locale, 'time_zone', person.time_zone,
        'accounts', coalesce((
            select jsonb_agg(jsonb_build_object(
                'email', account.email, 'kind', account.kind, 'purpose', account.purpose, 'role', account.role,
                'created_at', account.created_at,
                'password_changed_at', account.password_changed_at,
                'disabled_at', account.disabled_at,
                'sessions', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'created_at', session.created_at, 'expires_at', session.expires_at,
                        'last_used_at', session.last_used_at,
                        'address', session.address, 'browser', session.user_agent) order by session.created_at)
                      from kernel.session where session.account_id = account.account_id), '[]'),
                'api_keys', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'key', api_key.public_id, 'name', api_key.name, 'scopes', api_key.scopes,
                        'created_at', api_key.created_at, 'expires_at', api_key.expires_at,
                        'last_used_at', api_key.last_used_at,
                        'revoked_at', api_key.revoked_at) order by api_key.created_at)
                      from kernel.api_key where api_key.account_id = account.account_id), '[]'),
                'providers', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'issuer', linked.issuer, 'subject', linked.subject, 'email', linked.email,
                        'linked_at', linked.linked_at,
                        'last_used_at', linked.last_used_at) order by linked.linked_at)
                      from kernel.openid_identity as linked where linked.account_id = account.account_id), '[]'),
                'pending_links', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'kind', link.kind, 'email', link.email, 'created_at', link.created_at,
                        'expires_at', link.expires_at) order by link.created_at)
                      from kernel.account_link as link where link.account_id = account.account_id), '[]'),
                'known_browsers', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'first_seen_at', known.first_seen_at,
                        'last_seen_at', known.last_seen_at) order by known.first_seen_at)
                      from kernel.known_browser as known where known.account_id = account.account_id), '[]'),
                'unfinished_connections', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'issuer', offer.issuer, 'subject', offer.subject, 'email', offer.email,
                        'made_at', offer.made_at) order by offer.made_at)
                      from kernel.openid_offer as offer where offer.account_id = account.account_id), '[]')
            )) from kernel.account where account.person_id = person.person_id), '[]'))
      from kernel.person where person.person_id = :person
""")

# Everything else of identity hangs on the account and goes with it, by the tables' own `on delete cascade`.
_ERASE = text("delete from kernel.account where person_id = :person")


def _export(tx: Tx, person: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person}).scalar_one_or_none())


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    """Delete the account and what hangs on it; again, there is nothing left to delete.

    The last administrator's too: a right comes first, and whoever runs the server makes another one by command.
    """
    tx.execute(_ERASE, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    """Give the account over where the kept person has none; else it stays in its place, disabled by the merge."""
    return {"account": move_rows(tx, _ACCOUNT, kept=kept, merged=merged)}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _ACCOUNT, moved.get("account", ()), kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="identity",
        title=later("Your account, and where and how you sign in"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=(
            "kernel.account",
            "kernel.account_link",
            "kernel.api_key",
            "kernel.known_browser",
            "kernel.openid_attempt",
            "kernel.openid_identity",
            "kernel.openid_offer",
            "kernel.session",
        ),
    )
)
