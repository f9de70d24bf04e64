"""Saved searches, the postings that may be news for them, and which were told."""

from __future__ import annotations

from alembic import op

revision = "0012_saved_searches"
down_revision = "0011_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table postings.saved_search (
            search_id uuid not null,
            person_id uuid not null,
            name text not null,
            form integer not null,
            query text not null,
            frequency text not null,
            hour integer not null,
            weekday integer not null,
            time_zone text not null,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            seen_at timestamptz not null,
            alerts_since timestamptz,
            since_xid xid8,
            since_position bigint,
            due_at timestamptz,
            told integer not null default 0,
            told_at timestamptz,
            deleted_at timestamptz,
            constraint pk_saved_search primary key (search_id),
            constraint fk_saved_search_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint ck_saved_search_frequency check (frequency in ('never', 'at_once', 'daily', 'weekly')),
            constraint ck_saved_search_alerts check (
                (frequency = 'never') = (due_at is null)
                and (frequency = 'never') = (since_xid is null)
                and (frequency = 'never') = (alerts_since is null))
        )
    """)
    op.execute("create index ix_saved_search_person_id on postings.saved_search (person_id)")
    op.execute("create index ix_saved_search_due_at on postings.saved_search (due_at) where deleted_at is null")
    op.execute("""
        create table postings.alert_candidate (
            candidate_id bigint generated always as identity,
            job_id text not null,
            xid xid8 not null,
            position bigint not null,
            kind text not null,
            constraint pk_alert_candidate primary key (candidate_id),
            constraint ck_alert_candidate_kind check (kind in ('opened', 'changed', 'reread'))
        )
    """)
    op.execute("""
        create table postings.alert_match (
            search_id uuid not null,
            job_id text not null,
            opening integer not null,
            kind text not null,
            found_at timestamptz not null,
            told_at timestamptz,
            constraint pk_alert_match primary key (search_id, job_id, opening),
            constraint fk_alert_match_search_id_saved_search foreign key (search_id)
                references postings.saved_search (search_id) on delete cascade,
            constraint ck_alert_match_kind check (kind in ('new', 'reopened', 'changed'))
        )
    """)
    op.execute("create index ix_alert_match_waiting on postings.alert_match (search_id) where told_at is null")


def downgrade() -> None:
    op.execute("drop table postings.alert_match")
    op.execute("drop table postings.alert_candidate")
    op.execute("drop table postings.saved_search")
