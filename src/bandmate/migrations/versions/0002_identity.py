"""Identity: persons, accounts, sessions, API keys, sign-in attempts."""

from __future__ import annotations

from alembic import op

revision = "0002_identity"
down_revision = "0001_kernel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table kernel.person (
            person_id uuid not null,
            name text not null,
            created_at timestamptz not null,
            constraint pk_person primary key (person_id)
        )
    """)
    op.execute("""
        create table kernel.account (
            account_id uuid not null,
            person_id uuid not null,
            email text not null,
            email_key text not null,
            password_hash text not null,
            password_changed_at timestamptz not null,
            role text not null,
            created_at timestamptz not null,
            constraint pk_account primary key (account_id),
            constraint fk_account_person_id_person foreign key (person_id) references kernel.person (person_id),
            constraint uq_account_person_id unique (person_id),
            constraint uq_account_email_key unique (email_key),
            constraint ck_account_role check (role in ('member', 'operator', 'administrator'))
        )
    """)
    op.execute("""
        create table kernel.session (
            session_id uuid not null,
            token_hash bytea not null,
            account_id uuid not null,
            created_at timestamptz not null,
            expires_at timestamptz not null,
            address text not null,
            user_agent text not null,
            constraint pk_session primary key (session_id),
            constraint uq_session_token_hash unique (token_hash),
            constraint fk_session_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute("create index ix_session_account_id on kernel.session (account_id)")
    op.execute("create index ix_session_expires_at on kernel.session (expires_at)")
    op.execute("""
        create table kernel.api_key (
            public_id text not null,
            secret_hash bytea not null,
            account_id uuid not null,
            name text not null,
            scopes text[] not null,
            created_at timestamptz not null,
            expires_at timestamptz,
            last_used_at timestamptz,
            revoked_at timestamptz,
            constraint pk_api_key primary key (public_id),
            constraint fk_api_key_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute("create index ix_api_key_account_id on kernel.api_key (account_id)")
    op.execute("""
        create table kernel.sign_in_attempt (
            subject bytea not null,
            attempted_at timestamptz not null
        )
    """)
    op.execute(
        "create index ix_sign_in_attempt_subject_attempted_at on kernel.sign_in_attempt (subject, attempted_at)"
    )
    op.execute("create index ix_sign_in_attempt_attempted_at on kernel.sign_in_attempt (attempted_at)")
