"""Messages: what waits to be sent to whom, their secrets until then, and the links by which they are stopped."""

from __future__ import annotations

from alembic import op

revision = "0008_notify"
down_revision = "0007_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table kernel.delivery (
            delivery_id uuid not null,
            request_id uuid not null,
            channel text not null,
            person_id uuid not null,
            template text not null,
            topic text not null,
            variables jsonb not null,
            secrets text[] not null,
            purpose text,
            reason text not null,
            requested_at timestamptz not null,
            expires_at timestamptz,
            give_up_at timestamptz not null,
            state text not null,
            why text,
            due_at timestamptz not null,
            attempts integer not null default 0,
            claim uuid,
            settled_at timestamptz,
            subject text,
            address text,
            through text,
            constraint pk_delivery primary key (delivery_id),
            constraint uq_delivery_request_id_channel unique (request_id, channel),
            constraint ck_delivery_state check (state in ('waiting', 'sent', 'failed', 'refused', 'expired'))
        )
    """)
    op.execute("create index ix_delivery_due_at on kernel.delivery (due_at) where state = 'waiting'")
    op.execute("""
        create index ix_delivery_person_id_requested_at_delivery_id
            on kernel.delivery (person_id, requested_at, delivery_id)
    """)
    op.execute("create index ix_delivery_requested_at_delivery_id on kernel.delivery (requested_at, delivery_id)")
    op.execute("""
        create index ix_delivery_state_requested_at_delivery_id
            on kernel.delivery (state, requested_at, delivery_id)
    """)
    op.execute("""
        create table kernel.message_secret (
            request_id uuid not null,
            person_id uuid not null,
            variables jsonb not null,
            keep_until timestamptz not null,
            constraint pk_message_secret primary key (request_id)
        )
    """)
    op.execute("create index ix_message_secret_person_id on kernel.message_secret (person_id)")
    op.execute("create index ix_message_secret_keep_until on kernel.message_secret (keep_until)")
    op.execute("""
        create table kernel.stop_link (
            token_hash bytea not null,
            delivery_id uuid not null,
            issued_at timestamptz not null,
            constraint pk_stop_link primary key (token_hash),
            constraint fk_stop_link_delivery_id_delivery foreign key (delivery_id)
                references kernel.delivery (delivery_id) on delete cascade
        )
    """)
    op.execute("create index ix_stop_link_delivery_id on kernel.stop_link (delivery_id)")


def downgrade() -> None:
    op.execute("drop table kernel.stop_link")
    op.execute("drop table kernel.message_secret")
    op.execute("drop table kernel.delivery")
