"""Mentoring rounds, pairs, project teams."""

from __future__ import annotations

from alembic import op

revision = "0017_rounds"
down_revision = "0016_opportunities"
branch_labels = None
depends_on = None

_FORMATS = "('one_to_one', 'reverse', 'group', 'peer_circle')"

_TABLES = (
    f"""
    create table marketplace.round (
        round_id uuid not null,
        name text not null,
        format text not null,
        state text not null default 'draft',
        limits jsonb not null,
        figures jsonb,
        created_by uuid not null,
        version bigint not null default 1,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        previewed_at timestamptz,
        published_at timestamptz,
        constraint pk_round primary key (round_id),
        constraint fk_round_created_by_person foreign key (created_by) references kernel.person (person_id),
        constraint ck_round_format check (format in {_FORMATS}),
        constraint ck_round_state check (state in ('draft', 'open', 'preview', 'published', 'closed'))
    )
    """,
    """
    create table marketplace.round_mentee (
        round_id uuid not null,
        person_id uuid not null,
        wish_id uuid,
        constraint pk_round_mentee primary key (round_id, person_id),
        constraint fk_round_mentee_round_id_round foreign key (round_id)
            references marketplace.round (round_id) on delete cascade,
        constraint fk_round_mentee_person_id_person foreign key (person_id) references kernel.person (person_id)
    )
    """,
    "create index ix_round_mentee_person_id on marketplace.round_mentee (person_id)",
    """
    create table marketplace.round_mentor (
        round_id uuid not null,
        person_id uuid not null,
        offer_id uuid,
        capacity integer not null,
        price real,
        wanted integer,
        constraint pk_round_mentor primary key (round_id, person_id),
        constraint fk_round_mentor_round_id_round foreign key (round_id)
            references marketplace.round (round_id) on delete cascade,
        constraint fk_round_mentor_person_id_person foreign key (person_id) references kernel.person (person_id),
        constraint ck_round_mentor_capacity check (capacity >= 0)
    )
    """,
    "create index ix_round_mentor_person_id on marketplace.round_mentor (person_id)",
    """
    create table marketplace.round_pair (
        round_id uuid not null,
        mentee_id uuid not null,
        mentor_id uuid not null,
        value real not null,
        parts jsonb not null,
        price real not null,
        rank integer not null,
        constraint pk_round_pair primary key (round_id, mentee_id, mentor_id),
        constraint fk_round_pair_round_id_round foreign key (round_id)
            references marketplace.round (round_id) on delete cascade,
        constraint fk_round_pair_mentee_id_person foreign key (mentee_id) references kernel.person (person_id),
        constraint fk_round_pair_mentor_id_person foreign key (mentor_id) references kernel.person (person_id)
    )
    """,
    "create index ix_round_pair_mentee_id on marketplace.round_pair (mentee_id)",
    "create index ix_round_pair_mentor_id on marketplace.round_pair (mentor_id)",
    """
    create table marketplace.round_waiting (
        round_id uuid not null,
        mentee_id uuid not null,
        reason text not null,
        constraint pk_round_waiting primary key (round_id, mentee_id),
        constraint fk_round_waiting_round_id_round foreign key (round_id)
            references marketplace.round (round_id) on delete cascade,
        constraint fk_round_waiting_mentee_id_person foreign key (mentee_id) references kernel.person (person_id),
        constraint ck_round_waiting_reason check (reason in ('no_fit', 'no_place', 'limits'))
    )
    """,
    "create index ix_round_waiting_mentee_id on marketplace.round_waiting (mentee_id)",
    f"""
    create table marketplace.mentoring_pair (
        pair_id uuid not null,
        mentee_id uuid not null,
        mentor_id uuid not null,
        format text not null,
        round_id uuid,
        offer_id uuid,
        formed_at timestamptz not null,
        ended_at timestamptz,
        end_reason text,
        version bigint not null default 1,
        constraint pk_mentoring_pair primary key (pair_id),
        constraint fk_mentoring_pair_mentee_id_person foreign key (mentee_id) references kernel.person (person_id),
        constraint fk_mentoring_pair_mentor_id_person foreign key (mentor_id) references kernel.person (person_id),
        constraint fk_mentoring_pair_round_id_round foreign key (round_id) references marketplace.round (round_id),
        constraint fk_mentoring_pair_offer_id_opportunity foreign key (offer_id)
            references marketplace.opportunity (opportunity_id) on delete set null,
        constraint ck_mentoring_pair_format check (format in {_FORMATS}),
        constraint ck_mentoring_pair_two check (mentee_id <> mentor_id)
    )
    """,
    """
    create unique index uq_mentoring_pair_lasting on marketplace.mentoring_pair (mentee_id, mentor_id, format)
        where ended_at is null
    """,
    "create index ix_mentoring_pair_mentee_id on marketplace.mentoring_pair (mentee_id)",
    "create index ix_mentoring_pair_mentor_id on marketplace.mentoring_pair (mentor_id)",
    """
    create table marketplace.team_proposal (
        proposal_id uuid not null,
        opportunity_id uuid not null,
        state text not null,
        figures jsonb not null,
        created_by uuid not null,
        created_at timestamptz not null,
        constraint pk_team_proposal primary key (proposal_id),
        constraint fk_team_proposal_opportunity_id_opportunity foreign key (opportunity_id)
            references marketplace.opportunity (opportunity_id) on delete cascade,
        constraint fk_team_proposal_created_by_person foreign key (created_by)
            references kernel.person (person_id),
        constraint ck_team_proposal_state check (state in ('proposed', 'accepted', 'dropped'))
    )
    """,
    "create index ix_team_proposal_opportunity_id on marketplace.team_proposal (opportunity_id)",
    """
    create table marketplace.team_proposal_member (
        proposal_id uuid not null,
        person_id uuid not null,
        skills text[] not null,
        strength text,
        hours_per_week numeric(4,1),
        constraint pk_team_proposal_member primary key (proposal_id, person_id),
        constraint fk_team_proposal_member_proposal_id_team_proposal foreign key (proposal_id)
            references marketplace.team_proposal (proposal_id) on delete cascade,
        constraint fk_team_proposal_member_person_id_person foreign key (person_id)
            references kernel.person (person_id)
    )
    """,
    "create index ix_team_proposal_member_person_id on marketplace.team_proposal_member (person_id)",
    """
    create table marketplace.team_member (
        opportunity_id uuid not null,
        person_id uuid not null,
        joined_at timestamptz not null,
        left_at timestamptz,
        constraint pk_team_member primary key (opportunity_id, person_id),
        constraint fk_team_member_opportunity_id_opportunity foreign key (opportunity_id)
            references marketplace.opportunity (opportunity_id) on delete cascade,
        constraint fk_team_member_person_id_person foreign key (person_id) references kernel.person (person_id)
    )
    """,
    "create index ix_team_member_person_id on marketplace.team_member (person_id)",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "team_member",
        "team_proposal_member",
        "team_proposal",
        "mentoring_pair",
        "round_waiting",
        "round_pair",
        "round_mentor",
        "round_mentee",
        "round",
    ):
        op.execute(f"drop table marketplace.{table}")
