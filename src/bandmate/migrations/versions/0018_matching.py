"""For-you lists: what was shown to whom, prices of the crowd, what somebody set aside; searches that are kept."""

from __future__ import annotations

from alembic import op

revision = "0018_matching"
down_revision = "0017_rounds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table marketplace.shown (
            person_id uuid not null,
            opportunity_id uuid not null,
            day date not null,
            list text not null,
            rank smallint not null,
            constraint pk_shown primary key (person_id, opportunity_id, day, list),
            constraint fk_shown_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint fk_shown_opportunity_id_opportunity foreign key (opportunity_id)
                references marketplace.opportunity (opportunity_id) on delete cascade,
            constraint ck_shown_list check (list in ('for_you', 'candidates')),
            constraint ck_shown_rank check (rank >= 1)
        )
    """)
    op.execute("create index ix_shown_opportunity_id on marketplace.shown (opportunity_id, day)")
    op.execute("create index ix_shown_day on marketplace.shown (day)")
    op.execute("""
        create table marketplace.opportunity_price (
            opportunity_id uuid not null,
            price real not null,
            seats integer not null,
            demand integer not null,
            at timestamptz not null,
            constraint pk_opportunity_price primary key (opportunity_id),
            constraint fk_opportunity_price_opportunity_id_opportunity foreign key (opportunity_id)
                references marketplace.opportunity (opportunity_id) on delete cascade,
            constraint ck_opportunity_price_price check (price >= 0)
        )
    """)
    op.execute("""
        create table marketplace.not_for_me (
            person_id uuid not null,
            opportunity_id uuid not null,
            at timestamptz not null,
            constraint pk_not_for_me primary key (person_id, opportunity_id),
            constraint fk_not_for_me_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint fk_not_for_me_opportunity_id_opportunity foreign key (opportunity_id)
                references marketplace.opportunity (opportunity_id) on delete cascade
        )
    """)
    op.execute("""
        create index ix_not_for_me_opportunity_id on marketplace.not_for_me (opportunity_id)
    """)
    op.execute("""
        create table marketplace.list_decided (
            person_id uuid not null,
            about text not null,
            fingerprint text not null,
            decision_id uuid not null,
            at timestamptz not null,
            constraint pk_list_decided primary key (person_id, about),
            constraint fk_list_decided_person_id_person foreign key (person_id)
                references kernel.person (person_id)
        )
    """)
    op.execute("""
        create table marketplace.opportunity_search (
            search_id uuid not null,
            person_id uuid not null,
            name text not null,
            query text not null,
            alerts text not null default 'never',
            seen_at timestamptz not null,
            told_at timestamptz,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            constraint pk_opportunity_search primary key (search_id),
            constraint fk_opportunity_search_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint ck_opportunity_search_alerts check (alerts in ('never', 'daily', 'weekly'))
        )
    """)
    op.execute("""
        create index ix_opportunity_search_person_id on marketplace.opportunity_search (person_id)
    """)
    op.execute("""
        create index ix_opportunity_search_alerts on marketplace.opportunity_search (alerts)
            where alerts <> 'never'
    """)


def downgrade() -> None:
    op.execute("drop table marketplace.opportunity_search")
    op.execute("drop table marketplace.list_decided")
    op.execute("drop table marketplace.not_for_me")
    op.execute("drop table marketplace.opportunity_price")
    op.execute("drop table marketplace.shown")
