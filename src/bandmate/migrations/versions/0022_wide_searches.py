"""What a search counts and orders by, in one short value of each opportunity and in the index of the open ones.

A search over everything then reads an index of some ten megabytes, instead of all rows with their texts. And what
words find lies close together: PostgreSQL moves long texts out of a row (to toast_tuple_target) only when the row
is longer than two kilobytes, whatever the target, so each row gets a ballast that is longer; compressed, as it is
kept, it takes 35 bytes.
"""

from __future__ import annotations

from alembic import op

revision = "0022_wide_searches"
down_revision = "0021_staffing_runs"
branch_labels = None
depends_on = None

# Read by marketplace/opportunities/searching/facts.py, which names the fields. hashtextextended() is what
# PostgreSQL parts tables by, so it stays the same in every release.
_FACTS = """
    create function marketplace.facts_of(
        kind text, format text, work_model text, seat_is_free boolean, department text, country text,
        location text, internal_until timestamptz, opens_at timestamptz, opportunity_id uuid)
        returns bytea language sql immutable parallel safe
        return int4send(
                coalesce(array_position(array['job', 'project', 'mentoring'], kind), 0)
                | (coalesce(array_position(array['one_to_one', 'reverse', 'group', 'peer_circle'], format), 0)
                   << 8)
                | (coalesce(array_position(array['on_site', 'hybrid', 'remote'], work_model), 0) << 16)
                | (cast(seat_is_free as int) << 24))
            || int8send(coalesce(hashtextextended(department, 0), 0))
            || int8send(coalesce(hashtextextended(country, 0), 0))
            || int8send(coalesce(hashtextextended(location, 0), 0))
            || timestamptz_send(coalesce(internal_until, '-infinity'))
            || timestamptz_send(coalesce(opens_at, '-infinity'))
            || uuid_send(opportunity_id)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(_FACTS)
    op.execute("""
        alter table marketplace.opportunity add column facts bytea generated always as (
            marketplace.facts_of(kind, format, work_model, seats > seats_taken, department, cast(country as text),
                                 location, internal_until, opens_at, opportunity_id)) stored,
            add column ballast text storage main generated always as (repeat('.', 2100)) stored,
            alter column facts set storage plain,
            alter column heading set storage main
    """)
    op.execute("drop index marketplace.ix_opportunity_opens_at")
    op.execute("""
        create index ix_opportunity_opens_at on marketplace.opportunity (opens_at desc, opportunity_id)
            include (kind, closes_at, hours_per_week, facts) where state = 'open'
    """)


def downgrade() -> None:
    op.execute("drop index marketplace.ix_opportunity_opens_at")
    op.execute("alter table marketplace.opportunity drop column facts, drop column ballast")
    op.execute("""
        create index ix_opportunity_opens_at on marketplace.opportunity (opens_at desc, opportunity_id)
            where state = 'open'
    """)
    op.execute(
        "drop function marketplace.facts_of"
        "(text, text, text, boolean, text, text, text, timestamptz, timestamptz, uuid)"
    )
