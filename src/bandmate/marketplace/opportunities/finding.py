"""Opportunities in search everywhere: by the words of their titles and skills, those open to who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding import Finder, Hit, declare_finder
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import later
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities.pages.words import SEARCH, kind_name

_FIND = text("""
    select o.opportunity_id, o.kind, o.title, o.department, o.location
      from marketplace.opportunity o
     where o.state = 'open' and (o.closes_at is null or o.closes_at > now()) and o.kind = any(:kinds)
       and o.words @@ (select marketplace.words_asked(cast(:words as text[])))
       and o.heading @@ (select marketplace.words_asked(cast(:words as text[])))
     order by o.opens_at desc, o.opportunity_id limit :limit
""")
_TOKEN = re.compile(r"\w+")


def _find(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    tokens = _TOKEN.findall(words)
    kinds = visible_kinds(tx, asker.person_id) if tokens else frozenset()
    if not kinds:
        return
    values = {"kinds": [kind.value for kind in kinds], "words": tokens, "limit": limit}
    for row in tx.execute(_FIND, values):
        note = " · ".join(part for part in (kind_name(Kind(row.kind)), row.department, row.location) if part)
        yield Hit(row.title, f"{SEARCH}/{row.opportunity_id}", note)


FINDER = declare_finder(Finder("opportunities", later("Opportunities"), _find, icon="layers", place=15))
