"""The record of a posting as everyone outside sees it: one flat object, the same in API, pages and exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.plain_values import plain_value
from bandmate.postings.domain.lifecycle import status

Record = dict[str, Any]

RECORD_KEYS = (
    "job_id", "org_id", "source_id", "board_id", "provider", "board", "provider_job_key",
    "title", "normalized_title", "seniority", "company", "status", "active",
    "occupation_uri", "occupation_label", "occupation_score", "skills", "skills_version",
    "location_text", "locations", "country", "country_code", "region", "city", "location_confidence", "is_remote",
    "department", "team", "requisition_id",
    "employment_type", "employment_kind", "employment_source",
    "workplace_type", "workplace_text", "workplace_evidence", "work_model", "remote_policy",
    "salary_raw", "salary_min", "salary_max", "salary_currency", "salary_period", "salary_source",
    "language", "launch_included", "launch_reason", "conflicts",
    "source_url", "apply_url",
    "first_seen_at", "last_seen_at", "last_checked_at", "last_changed_at", "inactive_at",
    "source_posted_at", "source_updated_at", "valid_through", "unconfirmed_since",
    "content_hash", "source_hash", "raw_payload_uri",
)  # fmt: skip
"""Every key of a record, in its order; a key is never left out, unknown is null."""


_EXPRESSIONS = {
    "source_id": "j.board_id",
    "status": "null",
    "unconfirmed_since": "case when j.active then b.unconfirmed_since end",
    "raw_payload_uri": "r.path",
    "normalized_title": "s.normalized_title",
    "seniority": "s.seniority",
    "occupation_uri": "s.occupation_uri",
    "occupation_label": "s.occupation_label",
    "occupation_score": "s.occupation_score",
    "skills": "case when s.version is not null then s.skills end",
    "skills_version": "s.version",
}
"""Where a record's key is not the column of the same name; the status depends on the time of reading."""

RECORD_COLUMNS = ", ".join(f"{_EXPRESSIONS.get(key, f'j.{key}')} as {key}" for key in RECORD_KEYS)
"""What a statement selects, first, so that ``record_of`` can read its rows."""

RECORD_SOURCE = """
      from postings.job j
      join postings.board b using (board_id)
      left join postings.run r on r.board_id = j.board_id and r.observed_at = j.last_seen_at
      left join postings.job_reading s on s.job_id = j.job_id
"""
"""What it selects from."""

SELECT_RECORD = f"select {RECORD_COLUMNS} {RECORD_SOURCE}"

_CONVERTED = tuple(
    key
    for key in RECORD_KEYS
    if key.endswith(("_at", "_since", "_through", "org_id", "source_id", "board_id"))
    or key in {"salary_min", "salary_max", "location_confidence"}
)
"""The keys whose values need ``plain_value``; asking every value for its type took a third of a search."""


def record_of(row: Sequence[Any], now: datetime) -> Record:
    """Build the record from a row that begins with ``RECORD_COLUMNS``; ``now`` decides what has expired."""
    record = dict(zip(RECORD_KEYS, row, strict=False))
    record["status"] = status(
        inactive_at=record["inactive_at"], valid_through=record["valid_through"], now=now
    ).value
    for key in _CONVERTED:
        if record[key] is not None:
            record[key] = plain_value(record[key])
    return record


def all_records(tx: Tx, now: datetime) -> Iterator[Record]:
    """Yield every record in the order of job ids, without holding them all in memory."""
    rows = tx.execution_options(yield_per=1000).execute(text(SELECT_RECORD + " order by j.job_id"))
    for row in rows:
        yield record_of(row, now)


def all_events(tx: Tx) -> Iterator[Record]:
    """Yield every posting's history, in time order and then by job, kind and field: always the same order."""
    rows = tx.execution_options(yield_per=1000).execute(
        text("""
            select job_id, type, observed_at, field_name, old_value, new_value, event_id, source_hash
              from postings.job_event
             order by observed_at, job_id, type, field_name, event_id
        """)
    )
    for row in rows.mappings():
        yield {key: plain_value(value) for key, value in row.items()}


def all_board_events(tx: Tx) -> Iterator[Record]:
    """Yield every edit that a board made across its postings, in time order."""
    rows = tx.execution_options(yield_per=100).execute(
        text("""
            select e.event_id, e.type, e.observed_at, b.provider, b.board, e.board_id, e.field_name, e.old_value,
                   e.new_value, e.job_ids
              from postings.board_event e join postings.board b using (board_id)
             order by e.observed_at, b.provider, b.board, e.field_name, e.event_id
        """)
    )
    for row in rows.mappings():
        yield {key: plain_value(value) for key, value in row.items()}
