"""Profiles, the skills on them, and evidence portfolios with their confirmations."""

from __future__ import annotations

from alembic import op

revision = "0019_profiles"
down_revision = "0018_matching"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table marketplace.profile (
            person_id uuid not null,
            headline text not null default '',
            about text not null default '',
            strengths text[] not null default '{}',
            interests text[] not null default '{}',
            aims text not null default '',
            target_kind text,
            target_uri text,
            target_label text,
            target_opportunity_id uuid,
            target_by date,
            working_style jsonb not null default '{}',
            hours_per_week numeric(4, 1),
            available_from date,
            open_to text[] not null default '{}',
            visibility jsonb not null default '{}',
            ai_ranking boolean not null default true,
            version bigint not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            constraint pk_profile primary key (person_id),
            constraint fk_profile_person_id_person foreign key (person_id) references kernel.person (person_id),
            constraint ck_profile_target_kind check (target_kind in ('occupation', 'opportunity', 'words')),
            constraint ck_profile_hours_per_week check (hours_per_week between 0 and 60)
        )
    """)
    op.execute("""
        create table marketplace.profile_skill (
            person_id uuid not null,
            skill_uri text not null,
            use text not null,
            label text not null,
            own_words text,
            level smallint,
            state text not null,
            source text not null,
            evidence text,
            score real,
            read_version text,
            at timestamptz not null,
            constraint pk_profile_skill primary key (person_id, skill_uri, use),
            constraint fk_profile_skill_person_id_person foreign key (person_id)
                references kernel.person (person_id),
            constraint ck_profile_skill_use check (use in ('has', 'wants')),
            constraint ck_profile_skill_state check (state in ('accepted', 'proposed', 'declined')),
            constraint ck_profile_skill_level check (level between 1 and 5)
        )
    """)
    op.execute("""
        create index ix_profile_skill_skill_uri on marketplace.profile_skill (skill_uri, use)
         where state = 'accepted'
    """)
    # What a person turned down, by the words it was read from: from the same words it never comes back.
    op.execute("""
        create table marketplace.profile_skill_declined (
            person_id uuid not null,
            skill_uri text not null,
            evidence_hash bytea not null,
            at timestamptz not null,
            constraint pk_profile_skill_declined primary key (person_id, skill_uri, evidence_hash),
            constraint fk_profile_skill_declined_person_id_person foreign key (person_id)
                references kernel.person (person_id)
        )
    """)
    op.execute("""
        create table marketplace.claim (
            claim_id uuid not null,
            person_id uuid not null,
            kind text not null,
            title text not null,
            words text not null default '',
            organisation text not null default '',
            from_date date,
            to_date date,
            opportunity_id uuid,
            visibility text not null default 'me',
            version bigint not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            deleted_at timestamptz,
            constraint pk_claim primary key (claim_id),
            constraint fk_claim_person_id_person foreign key (person_id) references kernel.person (person_id),
            constraint ck_claim_kind check (kind in ('project', 'mentoring', 'learning', 'experience',
                                                     'education', 'certificate', 'recognition')),
            constraint ck_claim_visibility check (visibility in ('me', 'team', 'company')),
            constraint ck_claim_dates check (to_date >= from_date)
        )
    """)
    op.execute("create index ix_claim_person_id on marketplace.claim (person_id)")
    op.execute("create index ix_claim_deleted_at on marketplace.claim (deleted_at) where deleted_at is not null")
    op.execute("""
        create table marketplace.claim_skill (
            claim_id uuid not null,
            skill_uri text not null,
            label text not null,
            constraint pk_claim_skill primary key (claim_id, skill_uri),
            constraint fk_claim_skill_claim_id_claim foreign key (claim_id)
                references marketplace.claim (claim_id) on delete cascade
        )
    """)
    op.execute("""
        create table marketplace.claim_confirmation (
            claim_id uuid not null,
            by_person uuid not null,
            role_of_confirmer text not null,
            state text not null,
            words text not null default '',
            claim_version bigint not null,
            asked_at timestamptz not null,
            answered_at timestamptz,
            constraint pk_claim_confirmation primary key (claim_id, by_person),
            constraint fk_claim_confirmation_claim_id_claim foreign key (claim_id)
                references marketplace.claim (claim_id) on delete cascade,
            constraint fk_claim_confirmation_by_person_person foreign key (by_person)
                references kernel.person (person_id),
            constraint ck_claim_confirmation_role_of_confirmer check (role_of_confirmer in (
                'host', 'mentor', 'mentee', 'manager', 'colleague')),
            constraint ck_claim_confirmation_state check (state in ('asked', 'confirmed', 'declined', 'lost')),
            constraint ck_claim_confirmation_answered check ((state = 'asked') = (answered_at is null))
        )
    """)
    op.execute("create index ix_claim_confirmation_by_person on marketplace.claim_confirmation (by_person, state)")


def downgrade() -> None:
    op.execute("drop table marketplace.claim_confirmation")
    op.execute("drop table marketplace.claim_skill")
    op.execute("drop table marketplace.claim")
    op.execute("drop table marketplace.profile_skill_declined")
    op.execute("drop table marketplace.profile_skill")
    op.execute("drop table marketplace.profile")
