"""Further ways in: accounts without a password, service accounts, sign-in by OpenID Connect."""

from __future__ import annotations

from alembic import op

revision = "0009_identity_ways"
down_revision = "0008_notify"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        alter table kernel.account
            alter column password_hash drop not null,
            alter column password_changed_at drop not null,
            add column kind text not null default 'person',
            add column purpose text,
            add constraint ck_account_kind check (kind in ('person', 'service')),
            add constraint ck_account_password
                check ((password_hash is null) = (password_changed_at is null)),
            add constraint ck_account_service check (
                kind = 'person' or (password_hash is null and role <> 'administrator' and purpose is not null)
            )
    """)
    op.execute("""
        create table kernel.openid_identity (
            issuer text not null,
            subject text not null,
            account_id uuid not null,
            email text not null,
            linked_at timestamptz not null,
            last_used_at timestamptz not null,
            constraint pk_openid_identity primary key (issuer, subject),
            constraint fk_openid_identity_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute("create index ix_openid_identity_account_id on kernel.openid_identity (account_id)")
    op.execute("""
        create table kernel.openid_attempt (
            state_hash bytea not null,
            browser_hash bytea not null,
            network_hash bytea not null,
            provider text not null,
            nonce text not null,
            code_verifier text not null,
            way_on text not null,
            account_id uuid,
            started_at timestamptz not null,
            constraint pk_openid_attempt primary key (state_hash),
            constraint fk_openid_attempt_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute(
        "create index ix_openid_attempt_network_hash_started_at"
        " on kernel.openid_attempt (network_hash, started_at)"
    )
    op.execute("create index ix_openid_attempt_started_at on kernel.openid_attempt (started_at)")
    op.execute("create index ix_openid_attempt_account_id on kernel.openid_attempt (account_id)")
    op.execute("""
        create table kernel.openid_offer (
            browser_hash bytea not null,
            issuer text not null,
            subject text not null,
            provider text not null,
            email text not null,
            account_id uuid not null,
            way_on text not null,
            made_at timestamptz not null,
            constraint pk_openid_offer primary key (browser_hash),
            constraint fk_openid_offer_account_id_account foreign key (account_id)
                references kernel.account (account_id) on delete cascade
        )
    """)
    op.execute("create index ix_openid_offer_account_id on kernel.openid_offer (account_id)")
    op.execute("create index ix_openid_offer_made_at on kernel.openid_offer (made_at)")


def downgrade() -> None:
    op.execute("drop table kernel.openid_offer, kernel.openid_attempt, kernel.openid_identity")
    # What the older program cannot hold goes: accounts that nobody could sign in to by a password.
    op.execute("delete from kernel.account where password_hash is null")
    op.execute("""
        alter table kernel.account
            drop constraint ck_account_service,
            drop constraint ck_account_password,
            drop constraint ck_account_kind,
            drop column purpose,
            drop column kind,
            alter column password_changed_at set not null,
            alter column password_hash set not null
    """)
