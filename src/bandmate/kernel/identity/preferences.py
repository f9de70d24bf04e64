"""What a person chooses about themselves: name, language, time zone, and the address they sign in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import delete, exists, insert, literal, select, update

from bandmate.kernel.audit import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.identity.acts import EMAIL_CHANGE_REQUESTED, EMAIL_CHANGED, NAME_CHANGED
from bandmate.kernel.identity.letters import CONFIRM_EMAIL, EMAIL_CHANGED_LETTER, write_to_owner
from bandmate.kernel.identity.persons import Account, email_key, parse_email, parse_name
from bandmate.kernel.identity.tables import account, account_link, person
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.languages import available_languages
from bandmate.kernel.languages import gettext as _

CONFIRM = "/account/preferences/confirm-email"
LINK_WORKS_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen; None where they leave it to their browser."""

    name: str
    locale: str | None
    time_zone: str | None


def preferences_of(tx: Tx, person_id: PersonId) -> Preferences:
    """Return what a person has chosen."""
    columns = person.c
    row = tx.execute(
        select(columns.name, columns.locale, columns.time_zone).where(columns.person_id == person_id)
    ).one()
    return Preferences(row.name, row.locale, row.time_zone)


def set_preferences(tx: Tx, person_id: PersonId, *, name: str, locale: str, time_zone: str, now: datetime) -> None:
    """Write down what a person chooses; an empty language or zone leaves it to their browser.

    Raises:
        InvalidInput: for a name, language or zone that cannot be used.
    """
    chosen = Preferences(parse_name(name), _language(locale), _zone(time_zone))
    before = preferences_of(tx, person_id)
    tx.execute(
        update(person)
        .where(person.c.person_id == person_id)
        .values(name=chosen.name, locale=chosen.locale, time_zone=chosen.time_zone)
    )
    if chosen.name != before.name:
        note(tx, by=person_id, action=NAME_CHANGED, subject=str(person_id), at=now)


def language_choices() -> list[tuple[str, str]]:
    """Return the languages that can be chosen: tag and own name."""
    return [(language.tag, language.name) for language in available_languages()]


@cache
def zone_choices() -> tuple[str, ...]:
    """Return the IANA time zones with a place in their name, and UTC."""
    return ("UTC", *sorted(zone for zone in available_timezones() if _is_place(zone)))


def ask_for_email_change(tx: Tx, owner: Account, email: str, *, now: datetime) -> None:
    """Send a link to the new address and a notice to the old one; the address changes when the link is opened.

    An address that somebody else has an account with is answered alike, so that nobody finds out who has one; no
    letter goes there. An earlier link of the account stops working.

    Raises:
        InvalidInput: when it can be no address, or is the present one.
    """
    address = parse_email(email)
    if address == owner.email:
        raise InvalidInput(_("This is your e-mail address already."), field="email")
    mine = account_link.c.account_id == owner.account_id
    tx.execute(delete(account_link).where(mine, account_link.c.kind == "email"))
    token = new_token()
    tx.execute(
        insert(account_link).values(
            token_hash=token_hash(token),
            account_id=owner.account_id,
            kind="email",
            email=address,
            created_at=now,
            expires_at=now + LINK_WORKS_FOR,
        )
    )
    taken = _taken(tx, address, owner.account_id)
    if not taken:
        variables = {
            "secret_send_to": address,
            "secret_link": f"{CONFIRM}?token={token}",
            "expires_at": rfc3339(now + LINK_WORKS_FOR),
        }
        write_to_owner(tx, owner.account_id, CONFIRM_EMAIL, now=now, variables=variables, lasts=LINK_WORKS_FOR)
    write_to_owner(tx, owner.account_id, EMAIL_CHANGED_LETTER, now=now, variables={"at": rfc3339(now)})
    note(tx, by=owner.person_id, action=EMAIL_CHANGE_REQUESTED, subject=str(owner.person_id), at=now)


def email_waiting(tx: Tx, account_id: AccountId, *, now: datetime) -> str | None:
    """Return the address that waits to be confirmed."""
    link = account_link.c
    return tx.execute(
        select(link.email).where(link.account_id == account_id, link.kind == "email", link.expires_at > now)
    ).scalar_one_or_none()


def confirm_email(tx: Tx, owner: Account, token: str, *, now: datetime) -> str:
    """Give the account the address that the link was sent to, and return it; the link is used up.

    Raises:
        NotFound: when the link is unknown, used, ended or another account's, or the address was taken meanwhile.
    """
    link = account_link.c
    address = tx.execute(
        delete(account_link)
        .where(
            link.token_hash == token_hash(token),
            link.account_id == owner.account_id,
            link.kind == "email",
            link.expires_at > now,
        )
        .returning(link.email)
    ).scalar_one_or_none()
    if address is None or _taken(tx, address, owner.account_id):
        raise NotFound(_("This link does not work any more, or belongs to another account. Ask for a new one."))
    tx.execute(
        update(account)
        .where(account.c.account_id == owner.account_id)
        .values(email=address, email_key=email_key(address))
    )
    note(tx, by=owner.person_id, action=EMAIL_CHANGED, subject=str(owner.person_id), at=now)
    return str(address)


def _taken(tx: Tx, address: str, but: AccountId) -> bool:
    others = (account.c.email_key == email_key(address)) & (account.c.account_id != but)
    return bool(tx.execute(select(exists(select(literal(1)).select_from(account).where(others)))).scalar_one())


def _language(tag: str) -> str | None:
    if tag and tag not in {language.tag for language in available_languages(pseudo=True)}:
        raise InvalidInput(_("We do not speak this language yet; choose one of the list."), field="locale")
    return tag or None


def _zone(name: str) -> str | None:
    zone = name.strip()
    if zone and zone not in available_timezones():
        raise InvalidInput(
            _("There is no time zone of this name; choose one of the list, such as Europe/Berlin."),
            field="time_zone",
        )
    return zone or None


def _is_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/"))
