"""Counted values as the API gives them: those that are addresses come with what they are called."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bandmate.kernel.database.session import Tx
from bandmate.postings.directory import concept_labels
from bandmate.postings.job_query import CONCEPTS
from bandmate.postings.search import Facets


def with_labels(tx: Tx, facets: Facets) -> dict[str, Any]:
    """Return the counts; those of skills and occupations with labels."""
    uris = [one.value for name in CONCEPTS for one in facets.get(name, ())]
    labels = concept_labels(tx, uris)
    return {
        name: [asdict(one) | {"label": labels.get(one.value)} for one in counts] if name in CONCEPTS else counts
        for name, counts in facets.items()
    }
