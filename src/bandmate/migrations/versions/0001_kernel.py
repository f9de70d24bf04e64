"""The event log and its subscriptions."""

from __future__ import annotations

from alembic import op

revision = "0001_kernel"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema if not exists kernel")
    op.execute("""
        create table kernel.event (
            position bigint generated always as identity constraint pk_event primary key,
            xid xid8 not null default pg_current_xact_id(),
            event_id uuid not null constraint uq_event_event_id unique,
            type text not null,
            version integer not null,
            subject text not null,
            occurred_at timestamptz not null,
            recorded_at timestamptz not null default clock_timestamp(),
            data jsonb not null
        )
    """)
    op.execute("create index ix_event_xid_position on kernel.event (xid, position)")
    op.execute("create index ix_event_subject on kernel.event (subject)")
    op.execute("""
        create table kernel.subscription (
            name text constraint pk_subscription primary key,
            xid xid8 not null default '0',
            position bigint not null default 0,
            moved_at timestamptz,
            failures integer not null default 0,
            last_error text,
            retry_at timestamptz
        )
    """)
