"""Tables of operations, in the schema ``kernel``: what went wrong lately. Nothing in them tells of a person."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, Table, Text

from bandmate.kernel.database.tables import metadata

problem = Table(
    "problem",
    metadata,
    # The class of the error, and the route's template with its method: `GET /jobs/{job_id}`.
    Column("kind", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    # Of the last time; the logs know more under it.
    Column("request_id", Text, nullable=False),
    Index("ix_problem_last_at", "last_at"),
    schema="kernel",
)

task_failure = Table(
    "task_failure",
    metadata,
    # No foreign key: the table of jobs belongs to a library.
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, nullable=False),
    # The class of the error and where it was raised; never its message, which may tell of persons.
    Column("error", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_task_failure_at", "at"),
    schema="kernel",
)
