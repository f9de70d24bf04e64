"""Applications with every step they took, and the managers who were asked."""

from __future__ import annotations

from alembic import op

revision = "0020_applying"
down_revision = "0019_profiles"
branch_labels = None
depends_on = None

_STATES = "('interested', 'applied', 'shortlisted', 'offered', 'accepted', 'declined', 'not_chosen', 'withdrawn')"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(f"""
        create table marketplace.application (
            application_id uuid not null,
            opportunity_id uuid not null,
            person_id uuid not null,
            state text not null,
            words text not null default '',
            hours_per_week numeric(4, 1),
            answer_words text not null default '',
            answer_code text,
            answer_due_at timestamptz,
            answered_at timestamptz,
            version bigint not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            constraint pk_application primary key (application_id),
            constraint fk_application_opportunity_id_opportunity foreign key (opportunity_id)
                references marketplace.opportunity (opportunity_id) on delete cascade,
            constraint fk_application_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint uq_application_opportunity_id_person_id unique (opportunity_id, person_id),
            constraint ck_application_state check (state in {_STATES}),
            constraint ck_application_answer_code check (answer_code in ('owner', 'filled', 'closed')),
            constraint ck_application_hours_per_week check (hours_per_week > 0)
        )
    """)
    op.execute("create index ix_application_person_id on marketplace.application (person_id, changed_at desc)")
    op.execute("""
        create index ix_application_answer_due_at on marketplace.application (answer_due_at)
            where state in ('applied', 'shortlisted')
    """)
    op.execute(f"""
        create table marketplace.application_step (
            application_id uuid not null,
            position integer not null,
            state text not null,
            by_person uuid,
            words text not null default '',
            at timestamptz not null,
            constraint pk_application_step primary key (application_id, position),
            constraint fk_application_step_application_id_application foreign key (application_id)
                references marketplace.application (application_id) on delete cascade,
            constraint fk_application_step_by_person_person foreign key (by_person)
                references kernel.person (person_id),
            constraint ck_application_step_state check (state in {_STATES}),
            constraint ck_application_step_position check (position >= 1)
        )
    """)
    op.execute("create index ix_application_step_by_person on marketplace.application_step (by_person)")
    op.execute("""
        create table marketplace.manager_ask (
            application_id uuid not null,
            manager_id uuid not null,
            asked_at timestamptz not null,
            due_at timestamptz not null,
            answer text,
            words text not null default '',
            answered_at timestamptz,
            lapsed_at timestamptz,
            constraint pk_manager_ask primary key (application_id),
            constraint fk_manager_ask_application_id_application foreign key (application_id)
                references marketplace.application (application_id) on delete cascade,
            constraint fk_manager_ask_manager_id_person foreign key (manager_id)
                references kernel.person (person_id),
            constraint ck_manager_ask_answer check (answer in ('fine', 'concern')),
            constraint ck_manager_ask_answered check ((answer is null) = (answered_at is null)),
            constraint ck_manager_ask_lapsed check (lapsed_at is null or answer is null)
        )
    """)
    op.execute("create index ix_manager_ask_manager_id on marketplace.manager_ask (manager_id)")
    op.execute("""
        create index ix_manager_ask_due_at on marketplace.manager_ask (due_at)
            where answered_at is null and lapsed_at is null
    """)


def downgrade() -> None:
    op.execute("drop table marketplace.manager_ask")
    op.execute("drop table marketplace.application_step")
    op.execute("drop table marketplace.application")
