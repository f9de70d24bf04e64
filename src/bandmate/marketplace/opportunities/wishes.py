"""Wishes for a mentor: made, changed, withdrawn by the person whose wish it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import WishId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import events
from bandmate.marketplace.opportunities.domain import LONGEST_LINE, MOST_SKILLS, Fault, Format, Skill, Wish, Wrong
from bandmate.marketplace.opportunities.queries import unknown, wish
from bandmate.marketplace.opportunities.writing import ChangedMeanwhile

LONGEST_WORDS = 2_000
MOST_WISHES = 5
"""Open wishes of one person."""

_COUNT = text("select count(*) from marketplace.mentoring_wish where person_id = :person and state = 'open'")
_QUEUE = text("select pg_advisory_xact_lock(hashtextextended(:person, 0))")
_MAKE = text("""
    insert into marketplace.mentoring_wish (wish_id, person_id, format, words, cadence, created_at, changed_at)
    values (:wish, :person, :format, :words, :cadence, :now, :now) on conflict (wish_id) do nothing
""")
_CHANGE = text("""
    update marketplace.mentoring_wish
       set format = :format, words = :words, cadence = :cadence, version = version + 1, changed_at = :now
     where wish_id = :wish
""")
_WITHDRAW = text("""
    update marketplace.mentoring_wish set state = 'withdrawn', version = version + 1, changed_at = :now
     where wish_id = :wish
""")
_HOLD = text("select from marketplace.mentoring_wish where wish_id = :wish and person_id = :person for update")
_CLEAR = text("delete from marketplace.mentoring_wish_topic where wish_id = :wish")
_TOPICS = text("""
    insert into marketplace.mentoring_wish_topic (wish_id, skill_uri, label)
    select :wish, uri, label from unnest(cast(:uris as text[]), cast(:labels as text[])) as t(uri, label)
    on conflict do nothing
""")


@dataclass(frozen=True, slots=True)
class WishTerms:
    """What somebody wishes for."""

    format: Format
    topics: tuple[Skill, ...]
    words: str = ""
    cadence: str | None = None


def wish_id_under(person_id: PersonId, key: str) -> WishId:
    """Return the id of a wish made under a key: sent twice, it is one wish."""
    return WishId(fast_derived_id("marketplace.wish", str(person_id), key))


def make_wish(tx: Tx, person_id: PersonId, wish_id: WishId, terms: WishTerms, *, now: datetime) -> Wish:
    """Keep a wish. The same id again changes nothing.

    Raises:
        NotFound: when mentoring is not open to the person.
        Wrong: when something is missing.
        Conflict: when they have as many open wishes as one may.
    """
    if Kind.MENTORING not in visible_kinds(tx, person_id):
        raise unknown()
    _check(terms)
    tx.execute(_QUEUE, {"person": f"wish {person_id}"})
    if tx.execute(_HOLD, {"wish": wish_id, "person": person_id}).first() is not None:
        return wish(tx, person_id, wish_id)
    if tx.execute(_COUNT, {"person": person_id}).scalar_one() >= MOST_WISHES:
        raise Conflict(
            _("You have {most} open wishes, which is as many as one may. Withdraw one first.").format(
                most=MOST_WISHES
            )
        )
    if tx.execute(_MAKE, _values(terms) | {"wish": wish_id, "person": person_id, "now": now}).rowcount:
        _write_topics(tx, wish_id, terms.topics)
        publish(tx, [events.wish_event(events.WISH_MADE, person_id, wish_id, 1, now)])
    return wish(tx, person_id, wish_id)


def change_wish(
    tx: Tx, person_id: PersonId, wish_id: WishId, terms: WishTerms, *, version: int, now: datetime
) -> Wish:
    """Change an open wish.

    Raises:
        NotFound: when the person has no such wish.
        Conflict: when it is no longer open; ``ChangedMeanwhile`` when ``version`` is not the present one.
        Wrong: when something is missing.
    """
    held = _held(tx, person_id, wish_id)
    _check_version(held, version)
    if held.state != "open":
        raise Conflict(_("This wish is no longer open; make a new one."))
    _check(terms)
    tx.execute(_CHANGE, _values(terms) | {"wish": wish_id, "now": now})
    _write_topics(tx, wish_id, terms.topics)
    publish(tx, [events.wish_event(events.WISH_CHANGED, person_id, wish_id, held.version + 1, now)])
    return wish(tx, person_id, wish_id)


def withdraw_wish(tx: Tx, person_id: PersonId, wish_id: WishId, *, now: datetime) -> Wish:
    """Withdraw a wish; one that is withdrawn stays so.

    Raises:
        NotFound: when the person has no such wish.
    """
    held = _held(tx, person_id, wish_id)
    if held.state != "withdrawn":
        tx.execute(_WITHDRAW, {"wish": wish_id, "now": now})
        publish(tx, [events.wish_event(events.WISH_WITHDRAWN, person_id, wish_id, held.version + 1, now)])
    return wish(tx, person_id, wish_id)


def _held(tx: Tx, person_id: PersonId, wish_id: WishId) -> Wish:
    tx.execute(_HOLD, {"wish": wish_id, "person": person_id})
    return wish(tx, person_id, wish_id)


def _check_version(held: Wish, version: int) -> None:
    if held.version != version:
        raise ChangedMeanwhile(
            _("It was changed since you opened it. What you typed is still here: look again, then save."),
            version=held.version,
        )


def _check(terms: WishTerms) -> None:
    faults = []
    if not terms.topics:
        faults.append(Fault("topics", _("Name at least one topic that you want to grow in.")))
    if len(terms.topics) > MOST_SKILLS:
        faults.append(
            Fault("topics", _("More than {most} topics; keep what matters most.").format(most=MOST_SKILLS))
        )
    for name, value, longest in (
        ("words", terms.words, LONGEST_WORDS),
        ("cadence", terms.cadence or "", LONGEST_LINE),
    ):
        if len(value) > longest:
            over = _("This has {count} characters; {most} are enough.").format(count=len(value), most=longest)
            faults.append(Fault(name, over))
    if faults:
        raise Wrong(faults)


def _values(terms: WishTerms) -> dict[str, object]:
    return {"format": terms.format, "words": terms.words.strip(), "cadence": (terms.cadence or "").strip() or None}


def _write_topics(tx: Tx, wish_id: WishId, topics: Sequence[Skill]) -> None:
    tx.execute(_CLEAR, {"wish": wish_id})
    if topics:
        uris, labels = [topic.uri for topic in topics], [topic.label for topic in topics]
        tx.execute(_TOPICS, {"wish": wish_id, "uris": uris, "labels": labels})
