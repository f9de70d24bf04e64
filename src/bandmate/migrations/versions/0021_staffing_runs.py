"""Teams that are worked out in the background: who asked for which projects, and how it comes along."""

from __future__ import annotations

from alembic import op

revision = "0021_staffing_runs"
down_revision = "0020_applying"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table marketplace.staffing_run (
            run_id uuid not null,
            opportunity_ids uuid[] not null,
            digest text not null,
            asked_by uuid not null,
            state text not null,
            problem jsonb,
            asked_at timestamptz not null,
            started_at timestamptz,
            ended_at timestamptz,
            constraint pk_staffing_run primary key (run_id),
            constraint fk_staffing_run_asked_by_person foreign key (asked_by)
                references kernel.person (person_id),
            constraint ck_staffing_run_state check (state in ('waiting', 'computing', 'ready', 'failed')),
            constraint ck_staffing_run_ended check ((ended_at is null) = (state in ('waiting', 'computing')))
        )
    """)
    op.execute("""
        create unique index uq_staffing_run_open on marketplace.staffing_run (asked_by, digest)
            where state in ('waiting', 'computing')
    """)
    op.execute("create index ix_staffing_run_asked_by on marketplace.staffing_run (asked_by, asked_at desc)")
    op.execute("""
        create index ix_staffing_run_opportunity_ids on marketplace.staffing_run using gin (opportunity_ids)
    """)
    op.execute("create index ix_staffing_run_ended_at on marketplace.staffing_run (ended_at)")


def downgrade() -> None:
    op.execute("drop table marketplace.staffing_run")
