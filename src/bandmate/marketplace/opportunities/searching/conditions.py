"""A question as SQL: what always holds, what the words ask, and the filters that are facets, apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery

OPEN = "o.state = 'open' and (o.closes_at is null or o.closes_at > :now) and o.kind = any(:kinds)"
"""What anybody can find: open, and of a kind that is open to who asks."""

FACETS: Mapping[str, str] = {
    "kind": "o.kind = any(:kind)",
    "format": "o.format is not null and o.format = any(:format)",
    "department": "o.department is not null and o.department = any(:department)",
    "country": "o.country is not null and o.country = any(:country)",
    "location": "o.location is not null and o.location = any(:location)",
    "work_model": "o.work_model is not null and o.work_model = any(:work_model)",
    "seats": "o.seats > o.seats_taken",
    "internal_first": "o.internal_until is not null and o.internal_until > :now",
}
"""Filters whose choices are counted as if the filter itself were not set."""

WORDS = "(select marketplace.words_asked(cast(:words as text[])))"
"""What the words ask; as a query of its own, so that it is worked out once and not for every row."""

# Weights of D, C, B, A: description and summary decide nothing, skills less than the title.
RANK = f"""
    case when o.heading @@ (select cast(replace(cast({WORDS} as text), ' & ', ' | ') as tsquery))
         then ts_rank('{{0, 0, 0.4, 1}}', o.heading, {WORDS}) else 0 end
"""
"""How well the words fit, the most the best; worked out only where any of them stands in title or skills."""

PARAMETER = re.compile(r"(?<!:):(\w+)")
"""A parameter of these conditions."""

_TOKEN = re.compile(r"\w+", re.UNICODE)
_MOST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Conditions:
    """A question as SQL over ``marketplace.opportunity o``."""

    base: str
    """Everything but the facets' filters."""
    facets: tuple[tuple[str, str], ...]
    """Filters that are set, by the name of their facet; their values stand under it too."""
    values: Mapping[str, Any]
    has_words: bool

    @property
    def everything(self) -> str:
        """All of it: what fits."""
        return " and ".join((self.base, *(f"({sql})" for _, sql in self.facets)))


def conditions(query: OpportunityQuery, kinds: Collection[Kind], now: datetime) -> Conditions:
    """Return a question as SQL for somebody to whom these kinds are open."""
    base, values = [OPEN], {"now": now, "kinds": [kind.value for kind in kinds]}
    tokens = _TOKEN.findall(query.q)[:_MOST_TOKENS]
    if tokens:
        base.append(f"o.words @@ {WORDS}")
        values["words"] = tokens
    elif query.q:
        base.append("false")  # signs alone are no words: nothing holds them
    if query.skill:
        base.append("""
            exists (select from marketplace.opportunity_skill s
                     where s.opportunity_id = o.opportunity_id and s.skill_uri = any(:skill))
        """)
        values["skill"] = list(query.skill)
    if query.hours_max is not None:
        base.append("o.hours_per_week <= :hours_max")
        values["hours_max"] = query.hours_max
    if query.since is not None:
        base.append("o.opens_at >= :since")
        values["since"] = now - timedelta(days=query.since)
    set_facets = tuple((name, sql) for name, sql in FACETS.items() if getattr(query, name))
    for name, _ in set_facets:
        chosen = getattr(query, name)
        if isinstance(chosen, tuple):
            values[name] = [str(each) for each in chosen]
    return Conditions(" and ".join(base), set_facets, values, bool(tokens))
