"""What the search index knows of a posting: the same fields, by the same names, that filters use in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from bandmate.engines.search import Field, Kind, Schema, Value
from bandmate.kernel.database.session import Tx

SCHEMA = Schema(
    version=2,
    fields=(
        Field("title", Kind.TEXT, boost=3),
        Field("company_words", Kind.TEXT, boost=2),
        Field("department_words", Kind.TEXT),
        Field("location_words", Kind.TEXT),
        Field("description", Kind.TEXT),
        Field("title_words", Kind.KEYWORD, multi=True),
        Field("org_id", Kind.KEYWORD),
        Field("board_id", Kind.KEYWORD),
        Field("company", Kind.KEYWORD),
        Field("provider", Kind.KEYWORD),
        Field("department", Kind.KEYWORD),
        Field("team", Kind.KEYWORD),
        Field("country", Kind.KEYWORD, multi=True),
        Field("region", Kind.KEYWORD, multi=True),
        Field("city", Kind.KEYWORD, multi=True),
        Field("work_model", Kind.KEYWORD),
        Field("employment_type", Kind.KEYWORD),
        Field("language", Kind.KEYWORD),
        Field("salary_currency", Kind.KEYWORD),
        Field("skill", Kind.KEYWORD, multi=True),
        Field("occupation", Kind.KEYWORD),
        Field("active", Kind.KEYWORD),
        Field("salary_low", Kind.NUMBER),
        Field("salary_high", Kind.NUMBER),
        Field("valid_through", Kind.INTEGER),
        Field("posted", Kind.INTEGER),
        Field("updated", Kind.INTEGER),
        Field("changed", Kind.INTEGER),
        Field("first_seen", Kind.INTEGER),
    ),
)

_DOCUMENTS = """
    select j.job_id, j.title, j.title_words, j.org_id, j.board_id, j.company, j.provider, j.department, j.team,
           j.location_text, j.country_codes, j.regions, j.cities, j.work_model, j.employment_kind, j.language,
           j.salary_currency, j.active, j.salary_year_min, j.salary_year_max, j.valid_through, j.posted_at,
           j.source_updated_at, j.last_changed_at, j.first_seen_at, c.text, s.skill_uris, s.occupation_uri
      from postings.job j
      join postings.content c using (job_id)
      left join postings.job_reading s using (job_id)
"""

Documents = Iterator[tuple[str, dict[str, Value]]]


def epoch_milliseconds(instant: datetime) -> int:
    """Return an aware instant as whole milliseconds since 1970-01-01T00:00Z."""
    return round(instant.timestamp() * 1000)


def documents(tx: Tx, job_ids: Sequence[str]) -> Documents:
    """Yield the documents of these postings; those that do not exist any more are left out."""
    rows = tx.execute(text(_DOCUMENTS + " where j.job_id = any(:ids)"), {"ids": list(job_ids)})
    return (_document(row) for row in rows.mappings())


def all_documents(tx: Tx) -> Documents:
    """Yield the documents of all postings, without holding them all in memory."""
    rows = tx.execution_options(yield_per=2000).execute(text(_DOCUMENTS))
    return (_document(row) for row in rows.mappings())


def _document(row: RowMapping) -> tuple[str, dict[str, Value]]:
    return row["job_id"], {
        "title": row["title"],
        "company_words": row["company"],
        "department_words": [value for value in (row["department"], row["team"]) if value],
        "location_words": row["location_text"],
        "description": row["text"],
        "title_words": row["title_words"],
        "org_id": str(row["org_id"]),
        "board_id": str(row["board_id"]),
        "company": row["company"],
        "provider": row["provider"],
        "department": row["department"],
        "team": row["team"],
        "country": row["country_codes"],
        "region": row["regions"],
        "city": row["cities"],
        "work_model": row["work_model"],
        "employment_type": row["employment_kind"],
        "language": row["language"],
        "salary_currency": row["salary_currency"],
        "skill": row["skill_uris"],
        "occupation": row["occupation_uri"],
        "active": "yes" if row["active"] else "no",
        "salary_low": _float(row["salary_year_min"]),
        "salary_high": _float(row["salary_year_max"]),
        "valid_through": _instant(row["valid_through"]),
        "posted": _instant(row["posted_at"]),
        "updated": _instant(row["source_updated_at"]),
        "changed": _instant(row["last_changed_at"]),
        "first_seen": _instant(row["first_seen_at"]),
    }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _instant(value: datetime | None) -> int | None:
    return None if value is None else epoch_milliseconds(value)
