"""Writing to the trail, in the transaction of the act itself.

Nothing here waits for anybody: the chain of hashes is made later, over what has been committed (``sealing``).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId

SALT_BYTES = 16

_NOTE = text("""
    with entry as (
        insert into kernel.audit_entry (at, by_person, by_system, action, subject, address_digest, details_digest)
        values (:at, :by_person, :by_system, :action, :subject, :address_digest, :details_digest)
        returning position
    )
    insert into kernel.audit_fact (position, kind, salt, content)
    select entry.position, fact.kind, decode(fact.salt, 'hex'), fact.content
      from entry, jsonb_to_recordset(cast(:facts as jsonb)) as fact(kind text, salt text, content jsonb)
""")


def note(
    tx: Tx,
    *,
    by: PersonId | str,
    action: str,
    subject: str,
    at: datetime,
    address: str = "",
    details: Mapping[str, str] | None = None,
) -> None:
    """Write down an act. Not idempotent: an act done twice is noted twice.

    Args:
        tx: the transaction of the act: both are written or neither.
        by: the person who acted, or the name of a system such as ``command line``.
        action: what was done, dotted and past tense: ``identity.role.given``.
        subject: what it was done to: a person's id, a key's public id, a webhook's id; never a name or an address.
        at: when, aware.
        address: the network address it came from; empty where there is none.
        details: further facts; never a secret, never a text a person wrote.
    """
    contents: dict[str, object] = {}
    if address:
        contents["address"] = address
    if details:
        contents["details"] = dict(details)
    salts = {kind: secrets.token_bytes(SALT_BYTES) for kind in contents}
    digests = {kind: fact_digest(salts[kind], content) for kind, content in contents.items()}
    is_system = isinstance(by, str)
    tx.execute(
        _NOTE,
        {
            "at": at,
            "by_person": None if is_system else by,
            "by_system": by if is_system else None,
            "action": action,
            "subject": subject,
            "address_digest": digests.get("address"),
            "details_digest": digests.get("details"),
            "facts": orjson.dumps(
                [
                    {"kind": kind, "salt": salts[kind].hex(), "content": content}
                    for kind, content in contents.items()
                ]
            ).decode(),
        },
    )


def fact_digest(salt: bytes, content: object) -> bytes:
    """Return what an entry keeps of a fact: 32 bytes that say nothing once salt and fact are gone."""
    return hashlib.sha256(salt + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
