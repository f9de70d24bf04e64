"""Small boards in Lever's and Greenhouse's wire shapes, and archives of them, for tests to tell stories with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bandmate.kernel.archive import open_archive
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.observations import Observation, record

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEVER = BoardName("lever", "halfnote")
GREENHOUSE = BoardName("greenhouse", "marigold")


def lever_posting(key: str, **changes: Any) -> dict[str, Any]:
    """Return one posting as Lever sends it; ``changes`` replace whole fields."""
    posting: dict[str, Any] = {
        "id": key,
        "text": f"Sound Engineer {key}",
        "createdAt": 1_767_225_600_000,
        "categories": {
            "commitment": "Full-time",
            "department": "Engineering",
            "team": "Audio",
            "location": "Berlin, Germany",
            "allLocations": ["Berlin, Germany"],
        },
        "country": "DE",
        "workplaceType": "hybrid",
        "description": "<div>You make records sound like the room they were played in.</div>",
        "descriptionPlain": "You make records sound like the room they were played in.",
        "lists": [{"text": "What you bring", "content": "<li>Patient ears</li><li>A steady hand</li>"}],
        "additional": "<div>We welcome everyone who makes music possible.</div>",
        "hostedUrl": f"https://jobs.lever.co/halfnote/{key}",
        "applyUrl": f"https://jobs.lever.co/halfnote/{key}/apply",
    }
    return posting | changes


def lever_board(*postings: dict[str, Any]) -> bytes:
    """Return a Lever board's answer."""
    return json.dumps(list(postings)).encode()


def greenhouse_board(*jobs: dict[str, Any], total: int | None = None) -> bytes:
    """Return a Greenhouse board's answer; ``total`` is what it declares, by default the truth."""
    return json.dumps({"jobs": list(jobs), "meta": {"total": len(jobs) if total is None else total}}).encode()


def greenhouse_job(key: int, **changes: Any) -> dict[str, Any]:
    """Return one posting as Greenhouse sends it."""
    job: dict[str, Any] = {
        "id": key,
        "internal_job_id": key + 1,
        "title": f"Label Manager {key}",
        "company_name": "Marigold Wax",
        "updated_at": "2026-03-01T10:00:00-05:00",
        "first_published": "2026-02-01T10:00:00-05:00",
        "requisition_id": f"R-{key}",
        "location": {"name": "Lisbon, Portugal"},
        "content": "&lt;p&gt;Look after the catalogue of a small label.&lt;/p&gt;",
        "departments": [{"id": 1, "name": "Labels", "child_ids": [], "parent_id": None}],
        "offices": [],
        "metadata": None,
        "absolute_url": f"https://job-boards.greenhouse.io/marigold/jobs/{key}",
    }
    return job | changes


@dataclass(frozen=True, slots=True)
class Look:
    """One observation of a board in a story."""

    hours: float
    """After ``START``."""
    payload: bytes | None
    outcome: Outcome = Outcome.COMPLETE
    board: BoardName = LEVER

    @property
    def at(self) -> datetime:
        """When it was."""
        return START + timedelta(hours=self.hours)


def tell(root: Path, looks: Sequence[Look]) -> list[Observation]:
    """Record a story as a raw archive at ``root``."""
    archive = open_archive(root)
    return [
        record(
            archive,
            Observation(
                board=look.board,
                observed_at=look.at,
                outcome=look.outcome,
                http_status=200 if look.payload is not None else 503,
                declared_total=None,
                listed=None,
                sha256=None,
                path=None,
                detail=None,
            ),
            look.payload,
        )
        for look in looks
    ]
