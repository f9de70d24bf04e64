"""The consent ledger: entries that are added and never changed."""

from __future__ import annotations

from alembic import op

revision = "0005_consent"
down_revision = "0004_postings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table kernel.consent_entry (
            entry_id uuid not null,
            position bigint generated always as identity,
            subject uuid not null,
            purpose text not null,
            channel text,
            granted boolean not null,
            at timestamptz not null,
            recorded_at timestamptz not null default clock_timestamp(),
            recorded_by_person uuid,
            recorded_by_system text,
            through text not null,
            wording text not null,
            version integer not null,
            locale text not null,
            constraint pk_consent_entry primary key (entry_id),
            constraint fk_consent_entry_subject_person foreign key (subject)
                references kernel.person (person_id),
            constraint ck_consent_entry_recorder check (num_nonnulls(recorded_by_person, recorded_by_system) = 1)
        )
    """)
    op.execute("""
        create index ix_consent_entry_subject_purpose_at_position
            on kernel.consent_entry (subject, purpose, at, position) include (channel, granted)
    """)
    op.execute("""
        create function kernel.refuse_change_of_consent() returns trigger language plpgsql as $$
        begin
            raise exception 'An entry of the consent ledger is never changed or deleted; add another one.'
                using errcode = 'restrict_violation';
        end
        $$
    """)
    # For each statement, so that even one that would touch no row is refused.
    op.execute("""
        create trigger consent_entry_is_append_only before update or delete on kernel.consent_entry
            for each statement execute function kernel.refuse_change_of_consent()
    """)


def downgrade() -> None:
    op.execute("drop table kernel.consent_entry")
    op.execute("drop function kernel.refuse_change_of_consent()")
