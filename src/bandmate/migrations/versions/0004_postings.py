"""Postings: boards, runs, records, their content and their history."""

from __future__ import annotations

from alembic import op

revision = "0004_postings"
down_revision = "0003_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema if not exists postings")
    op.execute("""
        CREATE TABLE postings.board_event (
            event_id UUID NOT NULL,
            board_id UUID NOT NULL,
            type TEXT NOT NULL,
            observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            field_name TEXT,
            old_value JSON,
            new_value JSON,
            job_ids TEXT[] NOT NULL,
            CONSTRAINT pk_board_event PRIMARY KEY (event_id)
        )
    """)
    op.execute("CREATE INDEX ix_board_event_board_id ON postings.board_event (board_id)")
    op.execute("CREATE INDEX ix_board_event_job_ids ON postings.board_event USING gin (job_ids)")
    op.execute("""
        CREATE TABLE postings.content (
            job_id TEXT NOT NULL,
            text TEXT NOT NULL,
            native JSON NOT NULL,
            meaning JSON NOT NULL,
            CONSTRAINT pk_content PRIMARY KEY (job_id)
        )
    """)
    op.execute("""
        CREATE TABLE postings.job_event (
            event_id UUID NOT NULL,
            job_id TEXT NOT NULL,
            board_id UUID NOT NULL,
            type TEXT NOT NULL,
            observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            field_name TEXT,
            old_value JSON,
            new_value JSON,
            source_hash TEXT NOT NULL,
            CONSTRAINT pk_job_event PRIMARY KEY (event_id)
        )
    """)
    op.execute("CREATE INDEX ix_job_event_board_id ON postings.job_event (board_id)")
    op.execute("CREATE INDEX ix_job_event_job_id_observed_at ON postings.job_event (job_id, observed_at)")
    op.execute("""
        CREATE TABLE postings.org (
            org_id UUID NOT NULL,
            name TEXT NOT NULL,
            named_by TEXT DEFAULT 'board' NOT NULL,
            CONSTRAINT pk_org PRIMARY KEY (org_id)
        )
    """)
    op.execute("""
        CREATE TABLE postings.board (
            board_id UUID NOT NULL,
            org_id UUID NOT NULL,
            provider TEXT NOT NULL,
            board TEXT NOT NULL,
            followed BOOLEAN DEFAULT false NOT NULL,
            every_minutes INTEGER,
            next_run_at TIMESTAMP WITH TIME ZONE,
            last_run_at TIMESTAMP WITH TIME ZONE,
            last_complete_at TIMESTAMP WITH TIME ZONE,
            unconfirmed_since TIMESTAMP WITH TIME ZONE,
            last_verdict TEXT,
            last_detail TEXT,
            etag TEXT,
            last_modified TEXT,
            added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_board PRIMARY KEY (board_id),
            CONSTRAINT fk_board_org_id_org FOREIGN KEY(org_id) REFERENCES postings.org (org_id)
        )
    """)
    op.execute("CREATE INDEX ix_board_next_run_at ON postings.board (next_run_at) WHERE followed")
    op.execute("CREATE UNIQUE INDEX uq_board_provider_board ON postings.board (provider, board)")
    op.execute("""
        CREATE TABLE postings.job (
            job_id TEXT NOT NULL,
            board_id UUID NOT NULL,
            org_id UUID NOT NULL,
            provider TEXT NOT NULL,
            board TEXT NOT NULL,
            provider_job_key TEXT NOT NULL,
            title TEXT NOT NULL,
            title_words TEXT[] NOT NULL,
            normalized_title TEXT,
            company TEXT NOT NULL,
            department TEXT,
            team TEXT,
            requisition_id TEXT,
            location_text TEXT,
            locations JSONB NOT NULL,
            country TEXT,
            country_code TEXT,
            region TEXT,
            city TEXT,
            location_confidence NUMERIC,
            country_codes TEXT[] NOT NULL,
            regions TEXT[] NOT NULL,
            cities TEXT[] NOT NULL,
            is_remote BOOLEAN,
            employment_type TEXT,
            employment_kind TEXT,
            employment_source TEXT,
            workplace_type TEXT,
            workplace_text TEXT,
            workplace_evidence TEXT,
            work_model TEXT,
            remote_policy TEXT,
            salary_raw TEXT,
            salary_min NUMERIC,
            salary_max NUMERIC,
            salary_currency TEXT,
            salary_period TEXT,
            salary_source TEXT,
            salary_year_min NUMERIC,
            salary_year_max NUMERIC,
            language TEXT,
            evidence JSONB NOT NULL,
            conflicts JSONB NOT NULL,
            launch_included BOOLEAN NOT NULL,
            launch_reason TEXT NOT NULL,
            source_url TEXT,
            apply_url TEXT,
            source_posted_at TIMESTAMP WITH TIME ZONE,
            source_updated_at TIMESTAMP WITH TIME ZONE,
            valid_through TIMESTAMP WITH TIME ZONE,
            first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            inactive_at TIMESTAMP WITH TIME ZONE,
            absences INTEGER NOT NULL,
            content_hash TEXT NOT NULL,
            source_hash TEXT NOT NULL,
            derived_version INTEGER NOT NULL,
            posted_at TIMESTAMP WITH TIME ZONE
                GENERATED ALWAYS AS (coalesce(source_posted_at, first_seen_at)) STORED,
            active BOOLEAN GENERATED ALWAYS AS (inactive_at is null) STORED,
            CONSTRAINT pk_job PRIMARY KEY (job_id),
            CONSTRAINT fk_job_board_id_board FOREIGN KEY(board_id) REFERENCES postings.board (board_id),
            CONSTRAINT fk_job_org_id_org FOREIGN KEY(org_id) REFERENCES postings.org (org_id)
        )
        WITH (fillfactor = 85)
    """)
    op.execute("CREATE INDEX ix_job_board_id ON postings.job (board_id)")
    op.execute("CREATE INDEX ix_job_cities ON postings.job USING gin (cities)")
    op.execute("CREATE INDEX ix_job_country_codes ON postings.job USING gin (country_codes)")
    op.execute("CREATE INDEX ix_job_department ON postings.job (department)")
    op.execute("CREATE INDEX ix_job_last_changed_at_job_id ON postings.job (last_changed_at, job_id)")
    op.execute("CREATE INDEX ix_job_org_id ON postings.job (org_id)")
    op.execute("CREATE INDEX ix_job_posted_at_job_id ON postings.job (posted_at, job_id)")
    op.execute("CREATE INDEX ix_job_title_words ON postings.job USING gin (title_words)")
    op.execute("""
        CREATE TABLE postings.run (
            board_id UUID NOT NULL,
            observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            outcome TEXT NOT NULL,
            verdict TEXT NOT NULL,
            http_status INTEGER,
            declared_total INTEGER,
            listed INTEGER,
            sha256 TEXT,
            path TEXT,
            detail TEXT,
            faults JSONB DEFAULT '[]' NOT NULL,
            created INTEGER DEFAULT 0 NOT NULL,
            updated INTEGER DEFAULT 0 NOT NULL,
            closed INTEGER DEFAULT 0 NOT NULL,
            reopened INTEGER DEFAULT 0 NOT NULL,
            CONSTRAINT pk_run PRIMARY KEY (board_id, observed_at),
            CONSTRAINT fk_run_board_id_board FOREIGN KEY(board_id) REFERENCES postings.board (board_id)
        )
    """)
    op.execute("CREATE INDEX ix_run_observed_at ON postings.run (observed_at)")
