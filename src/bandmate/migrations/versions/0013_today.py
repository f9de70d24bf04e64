"""Cards put away on Today; what went wrong in requests and jobs, for the operators' page."""

from __future__ import annotations

from alembic import op

revision = "0013_today"
down_revision = "0012_saved_searches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table kernel.today_dismissal (
            person_id uuid not null,
            card_key text not null,
            dismissed_at timestamptz not null,
            constraint pk_today_dismissal primary key (person_id, card_key),
            constraint fk_today_dismissal_person_id_person foreign key (person_id)
                references kernel.person (person_id)
        )
    """)
    op.execute("""
        create table kernel.problem (
            kind text not null,
            place text not null,
            status integer not null,
            count bigint not null,
            first_at timestamptz not null,
            last_at timestamptz not null,
            request_id text not null,
            constraint pk_problem primary key (kind, place)
        )
    """)
    op.execute("create index ix_problem_last_at on kernel.problem (last_at)")
    op.execute("""
        create table kernel.task_failure (
            job_id bigint not null,
            attempt integer not null,
            error text not null,
            at timestamptz not null,
            constraint pk_task_failure primary key (job_id)
        )
    """)
    op.execute("create index ix_task_failure_at on kernel.task_failure (at)")


def downgrade() -> None:
    op.execute("drop table kernel.task_failure")
    op.execute("drop table kernel.problem")
    op.execute("drop table kernel.today_dismissal")
