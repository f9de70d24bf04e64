"""What the doctor looks at in postings: the search index."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.kernel.operations.doctor import Check, Finding, Needs, Patient, ok, warn
from bandmate.postings.indexing import STEP_EVENTS, index_lag

INDEX_LAG_WARN = 200
"""Events; while a worker runs they are taken in within seconds."""


def search_index(patient: Patient) -> Iterator[Finding]:
    """Look whether there is a search index, and how far it is behind the event log."""
    with patient.database.read() as tx:
        behind = index_lag(tx, patient.settings)
    if behind is None:
        yield warn(
            "search index",
            "There is none that can be used: words cannot be looked up, filters can.",
            "A worker builds it; to do it now, run `bandmate index rebuild`.",
        )
    elif behind >= INDEX_LAG_WARN:
        yield warn(
            "search index",
            f"It is {behind}{'+' if behind >= STEP_EVENTS else ''} events behind.",
            "See that a worker runs; `bandmate index rebuild` builds it anew.",
        )
    else:
        yield ok("search index", f"It is {behind} events behind.")


CHECKS = (Check("search index", search_index, Needs.SCHEMA),)
