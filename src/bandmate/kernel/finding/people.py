"""Finders over the kernel's own lists: persons for administrators, webhooks and messages for operators."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding.finders import Finder, Hit, declare_finder
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later

RECENT_MESSAGES = 2_000
"""How many of the newest messages are looked through with each letter typed."""

# A person who was merged into another leads to that one's page, so only the kept one is shown.
_PERSONS = text("""
    select person.person_id, person.name, coalesce(account.email, '') as email
      from kernel.person
      left join kernel.account using (person_id)
     where (strpos(lower(person.name), :words) > 0 or strpos(account.email_key, :words) > 0)
       and person.erased_at is null
       and not exists (select from kernel.person_alias where merged = person.person_id)
     order by strpos(lower(person.name), :words) <> 1, person.name, person.person_id
     limit :limit
""")

_WEBHOOKS = text("""
    select endpoint_id, description, url
      from kernel.webhook_endpoint
     where deleted_at is null and (strpos(lower(description), :words) > 0 or strpos(lower(url), :words) > 0)
     order by created_at, endpoint_id
     limit :limit
""")

_MESSAGES = text("""
    select coalesce(subject, topic) as title, coalesce(address, '') as address, state, max(requested_at) as at
      from (select subject, topic, address, state, requested_at
              from kernel.delivery order by requested_at desc, delivery_id desc limit :recent) as recent
     where strpos(lower(concat_ws(' ', subject, topic, address)), :words) > 0
     group by title, address, state
     order by at desc
     limit :limit
""")


def _persons(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    if Role.ADMINISTRATOR in asker.roles:
        for row in tx.execute(_PERSONS, {"words": words.lower(), "limit": limit}):
            yield Hit(row.name or row.email, f"/operator/persons/{row.person_id}", row.email)


def _webhooks(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    if Role.OPERATOR in asker.roles:
        for row in tx.execute(_WEBHOOKS, {"words": words.lower(), "limit": limit}):
            yield Hit(row.description or row.url, f"/operator/webhooks/{row.endpoint_id}", row.url)


def _messages(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    if Role.OPERATOR in asker.roles:
        asked = {"words": words.lower(), "limit": limit, "recent": RECENT_MESSAGES}
        for row in tx.execute(_MESSAGES, asked):
            yield Hit(row.title, f"/operator/messages?state={row.state}", row.address or _("no address yet"))


declare_finder(Finder("persons", later("Persons"), _persons, icon="users", place=50))
declare_finder(Finder("webhooks", later("Webhooks"), _webhooks, icon="link", place=60))
declare_finder(Finder("messages", later("Messages"), _messages, icon="mail", place=70))
