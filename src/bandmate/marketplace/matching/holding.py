"""What matching holds about a person: what they were shown, whom they were shown to, what they set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString, cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.holdings import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

# What names a row beside its person, as one text, for each table.
_KEYS: Mapping[LiteralString, LiteralString] = {
    "shown": "(mine.opportunity_id || ' ' || mine.day || ' ' || mine.list)",
    "not_for_me": "cast(mine.opportunity_id as text)",
    "list_decided": "mine.about",
}

_EXPORT = text("""
    select jsonb_build_object(
        'shown_to_you', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', opportunity_id, 'day', day, 'rank', rank)
                             order by day, rank, opportunity_id)
              from marketplace.shown where person_id = :person and list = 'for_you'), '[]'),
        'you_were_suggested_for', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', opportunity_id, 'day', day, 'rank', rank)
                             order by day, rank, opportunity_id)
              from marketplace.shown where person_id = :person and list = 'candidates'), '[]'),
        'not_for_you', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', opportunity_id, 'at', at)
                             order by at, opportunity_id)
              from marketplace.not_for_me where person_id = :person), '[]'),
        'decisions', coalesce((
            select jsonb_agg(jsonb_build_object('about', about, 'decision_id', decision_id, 'at', at)
                             order by about)
              from marketplace.list_decided where person_id = :person), '[]'))
""")


def _export(tx: Tx, person_id: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person_id}).scalar_one())


def _erase(tx: Tx, person_id: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    for table in _KEYS:
        tx.execute(
            text("delete from marketplace." + table + " where person_id = :person"),  # noqa: S608 - names of ours
            {"person": person_id},
        )


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {table: _move(tx, table, key, kept, merged) for table, key in _KEYS.items()}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    for table, key in _KEYS.items():
        _give_back(tx, table, key, moved[table], kept, merged)


def _move(tx: Tx, table: LiteralString, key: LiteralString, kept: PersonId, merged: PersonId) -> Sequence[str]:
    """Give over the rows that the kept person has not got themselves; return their keys."""
    statement = (
        "update marketplace." + table + " as mine set person_id = %(kept)s"  # noqa: S608 - literals only
        " where mine.person_id = %(merged)s and not exists (select from marketplace." + table + " as other"
        " where other.person_id = %(kept)s and "
        + key.replace("mine.", "other.")
        + " = "
        + key
        + ") returning "
        + key
    )
    return sorted(row[0] for row in fetch_tuples(tx, statement, {"kept": kept, "merged": merged}))


def _give_back(
    tx: Tx, table: LiteralString, key: LiteralString, keys: Sequence[str], kept: PersonId, merged: PersonId
) -> None:
    statement = (
        "update marketplace." + table + " as mine set person_id = %(merged)s"  # noqa: S608 - literals only
        " where mine.person_id = %(kept)s and " + key + " = any(%(keys)s) returning 1"
    )
    fetch_tuples(tx, statement, {"kept": kept, "merged": merged, "keys": list(keys)})


HOLDING = declare_holding(
    Holding(
        name="marketplace.matching",
        title=later("Opportunities you were shown, those you were suggested for, and those you set aside"),
        tables=("marketplace.shown", "marketplace.not_for_me", "marketplace.list_decided"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
    )
)
