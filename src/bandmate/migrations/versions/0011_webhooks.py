"""Webhooks: endpoints, a row for each delivery, and what was asked to be sent again."""

from __future__ import annotations

from alembic import op

revision = "0011_webhooks"
down_revision = "0010_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table kernel.webhook_endpoint (
            endpoint_id uuid not null,
            url text not null,
            description text not null,
            types text[] not null,
            allowed_types text[] not null default '{}',
            created_by uuid,
            created_at timestamptz not null,
            hears_from timestamptz not null default clock_timestamp(),
            salt bytea not null,
            fingerprint bytea not null,
            former_salt bytea,
            former_until timestamptz,
            state text not null default 'active',
            stopped_at timestamptz,
            stopped_because text,
            deleted_at timestamptz,
            last_success_at timestamptz,
            failing_since timestamptz,
            hold_until timestamptz,
            constraint pk_webhook_endpoint primary key (endpoint_id),
            constraint fk_webhook_endpoint_created_by_person foreign key (created_by)
                references kernel.person (person_id),
            constraint ck_webhook_endpoint_state check (state in ('active', 'paused', 'disabled'))
        )
    """)
    op.execute("create index ix_webhook_endpoint_created_by on kernel.webhook_endpoint (created_by)")
    op.execute("""
        create table kernel.webhook_delivery (
            delivery_id uuid not null,
            endpoint_id uuid not null,
            event_id uuid not null,
            type text not null,
            queued_at timestamptz not null,
            state text not null default 'waiting',
            due_at timestamptz not null,
            attempts integer not null default 0,
            claim uuid,
            settled_at timestamptz,
            attempted_at timestamptz,
            duration_ms integer,
            status integer,
            error text,
            answer text,
            constraint pk_webhook_delivery primary key (delivery_id),
            constraint fk_webhook_delivery_endpoint_id_webhook_endpoint foreign key (endpoint_id)
                references kernel.webhook_endpoint (endpoint_id) on delete cascade,
            constraint ck_webhook_delivery_state check (state in ('waiting', 'done', 'dead'))
        )
    """)
    op.execute("""
        create unique index uq_webhook_delivery_endpoint_id_event_id
            on kernel.webhook_delivery (endpoint_id, event_id)
    """)
    op.execute("""
        create index ix_webhook_delivery_endpoint_id_due_at
            on kernel.webhook_delivery (endpoint_id, due_at) where state = 'waiting'
    """)
    op.execute("""
        create index ix_webhook_delivery_endpoint_id_queued_at
            on kernel.webhook_delivery (endpoint_id, queued_at, delivery_id)
    """)
    op.execute("""
        create index ix_webhook_delivery_dead on kernel.webhook_delivery (endpoint_id) where state = 'dead'
    """)
    op.execute("""
        create index ix_webhook_delivery_settled_at on kernel.webhook_delivery (settled_at) where state = 'done'
    """)
    op.execute("""
        create table kernel.webhook_replay (
            replay_id uuid not null,
            endpoint_id uuid not null,
            requested_by uuid,
            requested_at timestamptz not null,
            since timestamptz,
            since_event uuid,
            xid xid8,
            position bigint,
            until_xid xid8 not null,
            until_position bigint not null,
            queued integer not null default 0,
            finished_at timestamptz,
            constraint pk_webhook_replay primary key (replay_id),
            constraint fk_webhook_replay_endpoint_id_webhook_endpoint foreign key (endpoint_id)
                references kernel.webhook_endpoint (endpoint_id) on delete cascade,
            constraint fk_webhook_replay_requested_by_person foreign key (requested_by)
                references kernel.person (person_id),
            constraint ck_webhook_replay_start check (num_nonnulls(since, since_event) = 1)
        )
    """)
    op.execute("""
        create index ix_webhook_replay_endpoint_id_requested_at
            on kernel.webhook_replay (endpoint_id, requested_at)
    """)
    op.execute("create index ix_webhook_replay_requested_by on kernel.webhook_replay (requested_by)")


def downgrade() -> None:
    op.execute("drop table kernel.webhook_replay")
    op.execute("drop table kernel.webhook_delivery")
    op.execute("drop table kernel.webhook_endpoint")
