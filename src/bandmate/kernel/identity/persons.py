"""Persons and their accounts: creating, finding, giving roles, changing passwords."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.events import account_created
from bandmate.kernel.identity.passwords import PasswordHash, hash_password
from bandmate.kernel.identity.sessions import SessionId, end_sessions
from bandmate.kernel.identity.tables import account, person
from bandmate.kernel.ids import AccountId, PersonId, new_id
from bandmate.kernel.languages import gettext as _

LONGEST_EMAIL = 254
"""Octets of an address that can travel in SMTP (RFC 5321, section 4.5.3.1.3, less the angle brackets)."""
LONGEST_NAME = 200

# Deliberately loose: whether an address exists is known only by writing to it.
_EMAIL = re.compile(r"[^@\s<>\"(),;:\\]+@[^@\s<>\"(),;:\\.]+(\.[^@\s<>\"(),;:\\.]+)*")


@dataclass(frozen=True, slots=True)
class Account:
    """A person's way in."""

    account_id: AccountId
    person_id: PersonId
    name: str
    email: str
    role: Role
    created_at: datetime
    password_changed_at: datetime | None
    """None where there is no password: the owner signs in at a provider."""
    disabled_at: datetime | None


def email_key(email: str) -> str:
    """Return the form in which two spellings of one address are equal: NFKC, case folded, NFKC again (UAX #31)."""
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    # What cannot be in an address (see parse_email) cannot always be in a query either: PostgreSQL refuses NUL.
    return "".join(filter(str.isprintable, unicodedata.normalize("NFKC", folded)))


def parse_email(text: str) -> str:
    """Read an address as people write it.

    Raises:
        InvalidInput: when it cannot be one.
    """
    email = unicodedata.normalize("NFC", text.strip())
    if not _EMAIL.fullmatch(email) or len(email.encode()) > LONGEST_EMAIL or not email.isprintable():
        raise InvalidInput(f"{text[:60]!r} is no e-mail address; write it as name@example.org.", field="email")
    return email


def parse_name(text: str) -> str:
    """Read a person's name; any script, on one line.

    Raises:
        InvalidInput: when it is empty, too long or holds control characters.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} visible characters.", field="name")
    return name


def create_person(tx: Tx, *, name: str, now: datetime) -> PersonId:
    """Issue the identity of a new person.

    Raises:
        InvalidInput: when the name cannot be used.
    """
    person_id = PersonId(new_id())
    tx.execute(insert(person).values(person_id=person_id, name=parse_name(name), created_at=now))
    return person_id


def create_account(
    tx: Tx, person_id: PersonId, *, email: str, password: str | None, role: Role = Role.MEMBER, now: datetime
) -> Account:
    """Give a person an account; without a password it is entered in other ways only.

    Raises:
        InvalidInput: when the address or the password cannot be used.
        Conflict: when the address, in any spelling, or the person has an account already.
    """
    address, password_hash = parse_email(email), None if password is None else hash_password(password)
    created = tx.execute(
        insert_or_skip(account)
        .values(
            account_id=AccountId(new_id()),
            person_id=person_id,
            email=address,
            email_key=email_key(address),
            password_hash=password_hash,
            password_changed_at=None if password is None else now,
            role=role,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(account.c.account_id)
    ).scalar_one_or_none()
    if created is None:
        raise Conflict(f"There is an account for {address} or for this person already.", field="email")
    publish(tx, [account_created(AccountId(created), person_id, role=role.value, at=now)])
    return account_of(tx, AccountId(created))


def account_of(tx: Tx, account_id: AccountId) -> Account:
    """Return an account.

    Raises:
        NotFound: when there is none.
    """
    row = tx.execute(_accounts().where(account.c.account_id == account_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such account.")
    return _account(row)


def account_by_email(tx: Tx, email: str) -> Account:
    """Return the account with this address, in any spelling.

    Raises:
        NotFound: when there is none; for commands, never for pages (it tells who has an account).
    """
    row = tx.execute(_accounts().where(account.c.email_key == email_key(email))).one_or_none()
    if row is None:
        raise NotFound(f"There is no account for {email}. `bandmate accounts list` shows those there are.")
    return _account(row)


def all_accounts(tx: Tx) -> tuple[Account, ...]:
    """Return every person's account by address; for those who run the installation."""
    return tuple(
        _account(row)
        for row in tx.execute(_accounts().where(account.c.kind == "person").order_by(account.c.email_key))
    )


def set_role(tx: Tx, account_id: AccountId, role: Role) -> None:
    """Give an account this role instead of its present one; its sessions end, its API keys follow at once.

    A session that was begun with few rights never comes to have many (OWASP Session Management): the owner signs
    in again. Giving the role an account has already ends nothing.

    Raises:
        Conflict: when it would leave nobody who gives roles, or make a service account an administrator.
    """
    if role is not Role.ADMINISTRATOR:
        keep_an_administrator(tx, without=account_id)
    has_it = (account.c.account_id == account_id) & (account.c.role == role)
    if tx.execute(select(literal(1)).where(has_it)).first() is None:
        end_sessions(tx, account_id)
    allowed = or_(account.c.kind == "person", literal(role is not Role.ADMINISTRATOR))
    changed = tx.execute(
        update(account).where(account.c.account_id == account_id, allowed).values(role=role).returning(literal(1))
    )
    if changed.one_or_none() is None:
        raise Conflict(_("A service account cannot be an administrator; operator is the highest it can be."))


def keep_an_administrator(tx: Tx, *, without: AccountId) -> None:
    """Make sure that an enabled administrator is left without this account.

    Their rows stay locked until the transaction ends, so that of two that take each other's role at once, the
    second waits, looks again, and is refused.

    Raises:
        Conflict: when it is the last one.
    """
    able = (account.c.role == Role.ADMINISTRATOR) & account.c.disabled_at.is_(None) & (account.c.kind == "person")
    able_ones = set(
        tx.execute(
            select(account.c.account_id).where(able).order_by(account.c.account_id).with_for_update()
        ).scalars()
    )
    if able_ones == {without}:
        raise Conflict(
            _("This is the last administrator. Make somebody else an administrator first, then try again.")
        )


def set_password(
    tx: Tx, account_id: AccountId, password: str, *, now: datetime, keep: SessionId | None = None
) -> None:
    """Change the password and end every session but ``keep``: whoever knew the old one is out.

    Raises:
        InvalidInput: when the password cannot be used.
    """
    changed = {"password_hash": hash_password(password), "password_changed_at": now}
    tx.execute(update(account).where(account.c.account_id == account_id).values(changed))
    end_sessions(tx, account_id, keep=keep)


def renew_hash(tx: Tx, account_id: AccountId, before: PasswordHash, after: PasswordHash) -> None:
    """Replace the hash of an unchanged password by one with newer parameters."""
    unchanged = (account.c.account_id == account_id) & (account.c.password_hash == before)
    tx.execute(update(account).where(unchanged).values(password_hash=after))


def _accounts() -> Select[Any]:
    columns = account.c
    return select(
        columns.account_id,
        columns.person_id,
        person.c.name,
        columns.email,
        columns.role,
        columns.created_at,
        columns.password_changed_at,
        columns.disabled_at,
    ).join_from(account, person)


def _account(row: Row[Any]) -> Account:
    return Account(**{**row._mapping, "role": Role(row.role)})  # noqa: SLF001 - SQLAlchemy's documented name
