"""The ledger: adding grants and withdrawals, and asking it, about now or about any instant of the past.

Which entry decides is defined in ``entries``; here the same rule stands in SQL, and a test holds the two together.

Nothing is ever changed or deleted, and no lock is needed: two who write at once add two entries. An entry is known
to others once its transaction commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.consent.entries import Answer, Entry, EntryId, Evidence, Through, answer_from
from bandmate.kernel.consent.events import entry_added
from bandmate.kernel.consent.purposes import purpose_named
from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId, fast_derived_id, new_id

_APPEND = text("""
    insert into kernel.consent_entry (entry_id, subject, purpose, channel, granted, at,
                                      recorded_by_person, recorded_by_system, through, wording, version, locale)
    values (:entry_id, :subject, :purpose, :channel, :granted, :at,
            :recorded_by_person, :recorded_by_system, :through, :wording, :version, :locale)
    on conflict (entry_id) do nothing
    returning entry_id
""")

_SAID_BEFORE = text("select purpose, channel, granted from kernel.consent_entry where entry_id = :entry_id")

_COLUMNS: LiteralString = """
    entry.entry_id, entry.subject, entry.purpose, entry.channel, entry.granted, entry.at, entry.recorded_at,
    coalesce(cast(entry.recorded_by_person as text), entry.recorded_by_system),
    entry.recorded_by_person is not null, entry.through, entry.wording, entry.version, entry.locale
"""

_ABOUT_A_CHANNEL: LiteralString = "(entry.channel is null or entry.channel = %(channel)s)"

# The newest entry for the whole, unless a newer withdrawal of a channel still stands. A newer entry for the whole
# need not be looked for: it would itself be the newest of these.
_ABOUT_THE_WHOLE: LiteralString = """(
    entry.channel is null
    or (not entry.granted and not exists (
        select from kernel.consent_entry as again
         where again.subject = entry.subject and again.purpose = entry.purpose and again.channel = entry.channel
           and again.granted and again.at <= %(at)s
           and (again.at, again.position) > (entry.at, entry.position))))
"""

_NEWEST_FIRST: LiteralString = " order by entry.at desc, entry.position desc limit 1"

_OF_ONE: LiteralString = (
    "select"
    + _COLUMNS
    + "from kernel.consent_entry as entry"
    + " where entry.subject = %(subject)s and entry.purpose = %(purpose)s and entry.at <= %(at)s and "
)

_OF_MANY: LiteralString = """
    select asked.subject
      from unnest(cast(%(subjects)s as uuid[])) as asked(subject)
     cross join lateral (
           select entry.granted
             from kernel.consent_entry as entry
            where entry.subject = asked.subject and entry.purpose = %(purpose)s and entry.at <= %(at)s and
"""

_HISTORY: LiteralString = (
    "select"
    + _COLUMNS
    + "from kernel.consent_entry as entry where entry.subject = %(subject)s order by entry.at, entry.position"
)


def grant(
    tx: Tx,
    subject: PersonId,
    purpose: str,
    channel: str | None = None,
    *,
    evidence: Evidence,
    at: datetime,
    key: str | None = None,
) -> EntryId:
    """Write down that a person agreed, and publish ``kernel.consent.granted``.

    Args:
        tx: The transaction; the entry counts once it commits.
        subject: Who agreed.
        purpose: A declared purpose.
        channel: One of its channels or uses; None for everything of the purpose, also what is added later.
        evidence: Who recorded it, through what, and the exact wording shown.
        at: When the person said so, aware. It may lie in the past (an import): answers about the time since then
            take it into account from now on.
        key: The caller's name for this step, unique for the subject, such as a message's id: the same step told
            again adds nothing and returns the first entry's id. Without a key each call adds an entry.

    Raises:
        InvalidInput: for an unknown purpose or channel, or an instant without a time zone.
        Conflict: when the key was used for another purpose, channel or answer.
        sqlalchemy.exc.IntegrityError: when identity has issued no such person.
    """
    return _append(tx, subject, purpose, channel, granted=True, evidence=evidence, at=at, key=key)


def withdraw(
    tx: Tx,
    subject: PersonId,
    purpose: str,
    channel: str | None = None,
    *,
    evidence: Evidence,
    at: datetime,
    key: str | None = None,
) -> EntryId:
    """Write down that a person refused or took back their consent, and publish ``kernel.consent.withdrawn``.

    It needs no grant before it. Arguments and errors are those of ``grant``.
    """
    return _append(tx, subject, purpose, channel, granted=False, evidence=evidence, at=at, key=key)


def allows(tx: Tx, subject: PersonId, purpose: str, channel: str | None = None, *, at: datetime) -> Answer:
    """Say whether a person allowed something at an instant, by which entry, and in a sentence.

    Args:
        tx: Any connection; one statement is sent.
        subject: Whom it concerns; of a person we know nothing of, the answer is no.
        purpose: A declared purpose.
        channel: One of its channels; None asks about everything of the purpose (see ``entries``).
        at: The instant, aware; now, or any in the past.

    Raises:
        InvalidInput: for an unknown purpose or channel, or an instant without a time zone.
    """
    _check(purpose, channel, at)
    query = _OF_ONE + (_ABOUT_THE_WHOLE if channel is None else _ABOUT_A_CHANNEL) + _NEWEST_FIRST
    rows = fetch_tuples(tx, query, {"subject": subject, "purpose": purpose, "channel": channel, "at": at})
    entry = _entry(rows[0]) if rows else None
    return answer_from(entry, title=purpose_named(purpose).title, channel=channel)


def allows_all(
    tx: Tx, subjects: Sequence[PersonId], purpose: str, channel: str | None = None, *, at: datetime
) -> frozenset[PersonId]:
    """Return those of the subjects who allowed something at an instant; one statement for all of them.

    Arguments and errors are those of ``allows``, whose answer each subject would get.
    """
    _check(purpose, channel, at)
    condition = _ABOUT_THE_WHOLE if channel is None else _ABOUT_A_CHANNEL
    query = _OF_MANY + condition + _NEWEST_FIRST + ") as newest where newest.granted"
    asked = {"subjects": list(subjects), "purpose": purpose, "channel": channel, "at": at}
    return frozenset(PersonId(row[0]) for row in fetch_tuples(tx, query, asked))


def history(tx: Tx, subject: PersonId) -> tuple[Entry, ...]:
    """Return everything a person ever granted and withdrew, oldest first, also for purposes no longer declared."""
    return tuple(map(_entry, fetch_tuples(tx, _HISTORY, {"subject": subject})))


def export(tx: Tx, subject: PersonId) -> list[dict[str, Any]]:
    """Return a person's history ready for JSON, oldest first; instants as RFC 3339 in UTC."""
    return [
        {
            "entry_id": str(entry.entry_id),
            "purpose": entry.purpose,
            "channel": entry.channel,
            "granted": entry.granted,
            "at": rfc3339(entry.at),
            "recorded_at": rfc3339(entry.recorded_at),
            "recorded_by": str(entry.evidence.recorded_by),
            "through": entry.evidence.through.value,
            "wording": entry.evidence.wording,
            "version": entry.evidence.version,
            "locale": entry.evidence.locale,
        }
        for entry in history(tx, subject)
    ]


def _append(
    tx: Tx,
    subject: PersonId,
    purpose: str,
    channel: str | None,
    *,
    granted: bool,
    evidence: Evidence,
    at: datetime,
    key: str | None,
) -> EntryId:
    _check(purpose, channel, at)
    entry_id = EntryId(new_id() if key is None else fast_derived_id("kernel.consent", str(subject), key))
    by_system = isinstance(evidence.recorded_by, str)
    added = tx.execute(
        _APPEND,
        {
            "entry_id": entry_id,
            "subject": subject,
            "purpose": purpose,
            "channel": channel,
            "granted": granted,
            "at": at,
            "recorded_by_person": None if by_system else evidence.recorded_by,
            "recorded_by_system": evidence.recorded_by if by_system else None,
            "through": evidence.through.value,
            "wording": evidence.wording,
            "version": evidence.version,
            "locale": evidence.locale,
        },
    ).first()
    if added is not None:
        publish(tx, [entry_added(entry_id, subject, purpose, channel, granted=granted, at=at)])
    elif tuple(tx.execute(_SAID_BEFORE, {"entry_id": entry_id}).one()) != (purpose, channel, granted):
        raise Conflict(
            f"The key {key!r} stands for another entry of this person already. Give each step a key of its own."
        )
    return entry_id


def _check(purpose: str, channel: str | None, at: datetime) -> None:
    purpose_named(purpose).check_channel(channel)
    if at.tzinfo is None:
        raise InvalidInput(f"The instant {at} has no time zone; consent is kept and asked for in UTC.", field="at")


def _entry(row: tuple[Any, ...]) -> Entry:
    recorded_by, by_person, through, wording, version, locale = row[7:]
    recorder = PersonId(UUID(recorded_by)) if by_person else recorded_by
    entry_id, subject, purpose, channel, granted, at, recorded_at = row[:7]
    evidence = Evidence(recorder, Through(through), wording, version, locale)
    return Entry(entry_id, subject, purpose, channel, granted, at, recorded_at, evidence)
