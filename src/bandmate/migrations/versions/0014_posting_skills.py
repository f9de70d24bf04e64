"""Skills and occupations that were read out of postings: beside the records, because they are no part of them."""

from __future__ import annotations

from alembic import op

revision = "0014_posting_skills"
down_revision = "0013_today"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    # No foreign key to the posting, as its content has none: a board that is folded anew removes its records and
    # writes them again, and what was read of the same words still holds.
    op.execute("""
        create table postings.job_reading (
            job_id text not null,
            version text,
            source_hash text,
            derived_version integer,
            text_hash text,
            read_at timestamptz,
            claimed_until timestamptz,
            normalized_title text,
            seniority text,
            occupation_uri text,
            occupation_label text,
            occupation_score double precision,
            skills jsonb not null default '[]',
            evidence jsonb not null default '[]',
            skill_uris text[] not null default '{}',
            constraint pk_job_reading primary key (job_id)
        )
    """)
    op.execute("create index ix_job_reading_skill_uris on postings.job_reading using gin (skill_uris)")
    op.execute("create index ix_job_reading_occupation_uri on postings.job_reading (occupation_uri)")
    op.execute("""
        create table postings.concept (
            uri text not null,
            label text not null,
            constraint pk_concept primary key (uri)
        )
    """)
    op.execute("""
        create table postings.reading_state (
            one boolean not null default true,
            version text,
            notice text,
            looked_at timestamptz not null,
            constraint pk_reading_state primary key (one),
            constraint ck_reading_state_one check (one)
        )
    """)


def downgrade() -> None:
    op.execute("drop table postings.reading_state")
    op.execute("drop table postings.concept")
    op.execute("drop table postings.job_reading")
