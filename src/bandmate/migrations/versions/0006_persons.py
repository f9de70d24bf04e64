"""What is kept about persons themselves: how they are spoken to, merges, erasures, legal holds, exports."""

from __future__ import annotations

from alembic import op

revision = "0006_persons"
down_revision = "0005_consent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        alter table kernel.person
            add column locale text,
            add column time_zone text,
            add column erased_at timestamptz
    """)
    op.execute("alter table kernel.account add column disabled_at timestamptz")
    _create_merges()
    _create_erasures()
    _create_exports()
    _let_erasure_change_consent()


def _create_merges() -> None:
    op.execute("""
        create table kernel.person_merge (
            merge_id uuid not null,
            kept uuid not null,
            merged uuid not null,
            merged_at timestamptz not null,
            merged_by_person uuid,
            merged_by_system text,
            reason text not null,
            moved jsonb not null,
            split_at timestamptz,
            constraint pk_person_merge primary key (merge_id),
            constraint fk_person_merge_kept_person foreign key (kept) references kernel.person (person_id),
            constraint fk_person_merge_merged_person foreign key (merged) references kernel.person (person_id),
            constraint ck_person_merge_two check (kept <> merged),
            constraint ck_person_merge_actor check (num_nonnulls(merged_by_person, merged_by_system) = 1)
        )
    """)
    op.execute("""
        create unique index uq_person_merge_merged_standing on kernel.person_merge (merged) where split_at is null
    """)
    op.execute("create index ix_person_merge_kept on kernel.person_merge (kept)")
    op.execute("create index ix_person_merge_merged on kernel.person_merge (merged)")
    op.execute("create index ix_person_merge_merged_at on kernel.person_merge (merged_at)")
    op.execute("""
        create view kernel.person_alias as
            select merged, kept, merge_id from kernel.person_merge where split_at is null
    """)


def _create_erasures() -> None:
    op.execute("""
        create table kernel.erasure_request (
            person_id uuid not null,
            requested_at timestamptz not null,
            due_at timestamptz not null,
            requested_by_person uuid,
            requested_by_system text,
            constraint pk_erasure_request primary key (person_id),
            constraint fk_erasure_request_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint ck_erasure_request_actor check (num_nonnulls(requested_by_person, requested_by_system) = 1)
        )
    """)
    op.execute("create index ix_erasure_request_due_at on kernel.erasure_request (due_at)")
    op.execute("""
        create table kernel.legal_hold (
            person_id uuid not null,
            since timestamptz not null,
            held_by_person uuid,
            held_by_system text,
            reason text not null,
            constraint pk_legal_hold primary key (person_id),
            constraint fk_legal_hold_person_id_person foreign key (person_id) references kernel.person (person_id),
            constraint ck_legal_hold_actor check (num_nonnulls(held_by_person, held_by_system) = 1)
        )
    """)
    # No foreign key: after a restore the ledger may name persons that the older database never knew.
    op.execute("""
        create table kernel.erasure (
            person_id uuid not null,
            erased_at timestamptz not null,
            outside_done_at timestamptz,
            constraint pk_erasure primary key (person_id)
        )
    """)
    op.execute("""
        create index ix_erasure_outside_waiting on kernel.erasure (erased_at) where outside_done_at is null
    """)


def _create_exports() -> None:
    op.execute("""
        create table kernel.data_export (
            export_id uuid not null,
            person_id uuid not null,
            requested_at timestamptz not null,
            done integer not null default 0,
            total integer not null,
            bytes bigint,
            ready_at timestamptz,
            expires_at timestamptz,
            failed_at timestamptz,
            constraint pk_data_export primary key (export_id),
            constraint fk_data_export_person_id_person foreign key (person_id) references kernel.person (person_id)
        )
    """)
    op.execute("create index ix_data_export_person_id on kernel.data_export (person_id)")
    op.execute("create index ix_data_export_requested_at on kernel.data_export (requested_at)")


def _let_erasure_change_consent() -> None:
    """Refuse truncation as well, and let erasing and merging persons through, who say so in their transaction.

    The setting keeps mistakes out, not an intruder with the database's password: whoever has that can drop the
    trigger too.
    """
    op.execute("""
        create or replace function kernel.refuse_change_of_consent() returns trigger language plpgsql as $$
        begin
            if current_setting('bandmate.erasing', true) = 'on' then
                return null;
            end if;
            raise exception 'An entry of the consent ledger is never changed or deleted; add another one.'
                using errcode = 'restrict_violation';
        end
        $$
    """)
    op.execute("drop trigger consent_entry_is_append_only on kernel.consent_entry")
    op.execute("""
        create trigger consent_entry_is_append_only before update or delete or truncate on kernel.consent_entry
            for each statement execute function kernel.refuse_change_of_consent()
    """)


def downgrade() -> None:
    op.execute("drop trigger consent_entry_is_append_only on kernel.consent_entry")
    op.execute("""
        create trigger consent_entry_is_append_only before update or delete on kernel.consent_entry
            for each statement execute function kernel.refuse_change_of_consent()
    """)
    op.execute("""
        create or replace function kernel.refuse_change_of_consent() returns trigger language plpgsql as $$
        begin
            raise exception 'An entry of the consent ledger is never changed or deleted; add another one.'
                using errcode = 'restrict_violation';
        end
        $$
    """)
    op.execute("drop view kernel.person_alias")
    op.execute("""
        drop table kernel.data_export, kernel.erasure, kernel.legal_hold, kernel.erasure_request,
                   kernel.person_merge
    """)
    op.execute("alter table kernel.account drop column disabled_at")
    op.execute("alter table kernel.person drop column locale, drop column time_zone, drop column erased_at")
