"""The audit trail and its seals; links mailed to the owner of an account; browsers known to an account."""

from __future__ import annotations

from alembic import op

revision = "0010_audit"
down_revision = "0009_identity_ways"
branch_labels = None
depends_on = None

_TRAIL = ("audit_entry", "audit_fact", "audit_seal")


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    _create_trail()
    _protect_trail()
    _create_account_safety()


def _create_trail() -> None:
    op.execute("""
        create table kernel.audit_entry (
            position bigint generated always as identity,
            xid xid8 not null default pg_current_xact_id(),
            at timestamptz not null,
            recorded_at timestamptz not null default clock_timestamp(),
            by_person uuid,
            by_system text,
            action text not null,
            subject text not null,
            address_digest bytea,
            details_digest bytea,
            constraint pk_audit_entry primary key (position),
            constraint ck_audit_entry_actor check (num_nonnulls(by_person, by_system) = 1)
        )
    """)
    op.execute("create index ix_audit_entry_xid_position on kernel.audit_entry (xid, position)")
    op.execute("create index ix_audit_entry_at_position on kernel.audit_entry (at, position)")
    op.execute("create index ix_audit_entry_by_person_at on kernel.audit_entry (by_person, at)")
    op.execute("create index ix_audit_entry_subject_at on kernel.audit_entry (subject, at)")
    op.execute("create index ix_audit_entry_action_at on kernel.audit_entry (action, at)")
    op.execute("""
        create table kernel.audit_fact (
            position bigint not null,
            kind text not null,
            salt bytea not null,
            content jsonb not null,
            constraint pk_audit_fact primary key (position, kind),
            constraint fk_audit_fact_position_audit_entry foreign key (position)
                references kernel.audit_entry (position),
            constraint ck_audit_fact_kind check (kind in ('address', 'details'))
        )
    """)
    op.execute("""
        create table kernel.audit_seal (
            number bigint not null,
            position bigint not null,
            hash bytea not null,
            sealed_at timestamptz not null,
            constraint pk_audit_seal primary key (number),
            constraint uq_audit_seal_position unique (position),
            constraint fk_audit_seal_position_audit_entry foreign key (position)
                references kernel.audit_entry (position)
        )
    """)
    op.execute("""
        create table kernel.audit_alias (
            formerly uuid not null,
            person_id uuid not null,
            constraint pk_audit_alias primary key (formerly)
        )
    """)
    op.execute("create index ix_audit_alias_person_id on kernel.audit_alias (person_id)")


def _protect_trail() -> None:
    op.execute("""
        create function kernel.refuse_change_of_audit() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' and tg_table_name = 'audit_fact'
               and current_setting('bandmate.audit_erasure', true) = 'on' then
                return null;
            end if;
            raise exception 'The audit trail is never changed or deleted; note what happened instead.'
                using errcode = 'restrict_violation';
        end
        $$
    """)
    # For each statement, so that even one that would touch no row is refused.
    for table in _TRAIL:
        op.execute(f"""
            create trigger {table}_is_append_only before update or delete or truncate on kernel.{table}
                for each statement execute function kernel.refuse_change_of_audit()
        """)


def _create_account_safety() -> None:
    op.execute("alter table kernel.session add column last_used_at timestamptz")
    op.execute("""
        create table kernel.account_link (
            token_hash bytea not null,
            account_id uuid not null,
            kind text not null,
            email text,
            created_at timestamptz not null,
            expires_at timestamptz not null,
            constraint pk_account_link primary key (token_hash),
            constraint fk_account_link_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade,
            constraint ck_account_link_kind check (kind in ('recovery', 'email'))
        )
    """)
    op.execute("create index ix_account_link_account_id on kernel.account_link (account_id)")
    op.execute("create index ix_account_link_expires_at on kernel.account_link (expires_at)")
    op.execute("""
        create table kernel.known_browser (
            token_hash bytea not null,
            account_id uuid not null,
            first_seen_at timestamptz not null,
            last_seen_at timestamptz not null,
            constraint pk_known_browser primary key (token_hash, account_id),
            constraint fk_known_browser_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute("create index ix_known_browser_account_id on kernel.known_browser (account_id)")
    op.execute("create index ix_known_browser_last_seen_at on kernel.known_browser (last_seen_at)")


def downgrade() -> None:
    op.execute("drop table kernel.known_browser, kernel.account_link")
    op.execute("alter table kernel.session drop column last_used_at")
    op.execute("drop table kernel.audit_alias, kernel.audit_seal, kernel.audit_fact, kernel.audit_entry")
    op.execute("drop function kernel.refuse_change_of_audit()")
