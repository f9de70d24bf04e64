"""Opportunities, the launches of their kinds, mentoring wishes."""

from __future__ import annotations

from alembic import op

revision = "0016_opportunities"
down_revision = "0015_people"
branch_labels = None
depends_on = None

_LAUNCHES = (
    """
    create table marketplace.launch (
        kind text not null,
        state text not null default 'off',
        group_ids uuid[] not null default '{}',
        internal_first_days integer not null default 0,
        version bigint not null default 1,
        changed_at timestamptz,
        changed_by uuid,
        constraint pk_launch primary key (kind),
        constraint ck_launch_kind check (kind in ('job', 'project', 'mentoring')),
        constraint ck_launch_state check (state in ('off', 'pilot', 'on')),
        constraint ck_launch_internal_first_days check (internal_first_days between 0 and 365)
    )
    """,
    "insert into marketplace.launch (kind) values ('job'), ('project'), ('mentoring')",
    "comment on table marketplace.launch is 'Its first rows come with the migration.'",
    """
    create table marketplace.launch_change (
        change_id bigint generated always as identity,
        kind text not null,
        state text not null,
        group_ids uuid[] not null,
        internal_first_days integer not null,
        at timestamptz not null,
        by uuid not null,
        reason text not null,
        constraint pk_launch_change primary key (change_id)
    )
    """,
    "create index ix_launch_change_kind on marketplace.launch_change (kind, at)",
    "create index ix_launch_change_by on marketplace.launch_change (by)",
    """
    create table marketplace.launch_awareness (
        kind text not null,
        person_id uuid not null,
        at timestamptz not null,
        how text not null,
        constraint pk_launch_awareness primary key (kind, person_id),
        constraint fk_launch_awareness_person_id_person foreign key (person_id)
            references kernel.person (person_id),
        constraint ck_launch_awareness_how check (how in ('visited', 'told'))
    )
    """,
    "create index ix_launch_awareness_person_id on marketplace.launch_awareness (person_id)",
    """
    create table marketplace.programme_lead (
        person_id uuid not null,
        granted_by uuid not null,
        granted_at timestamptz not null,
        constraint pk_programme_lead primary key (person_id),
        constraint fk_programme_lead_person_id_person foreign key (person_id)
            references kernel.person (person_id)
    )
    """,
    """
    create table marketplace.own_company (
        org_id uuid not null,
        name text not null,
        added_by uuid not null,
        added_at timestamptz not null,
        constraint pk_own_company primary key (org_id)
    )
    """,
)

_OPPORTUNITIES = (
    # Words are looked for without accents and case. translate() because it is immutable, which unaccent() is not.
    """
    create function marketplace.folded(written text) returns text
        language sql immutable strict parallel safe
        return translate(
            lower(normalize(written, NFKC)),
            'áàâäãåāăąçćčďđéèêëēėęěíìîïīįłľñńňóòôöõøōőŕřśšşťţúùûüūůűųýÿźžż',
            'aaaaaaaaacccddeeeeeeeeiiiiiillnnnoooooooorrsssttuuuuuuuuyyzzz')
    """,
    # Each word as it stands and as English grammar bends it: "designers" finds "designer", "the who" stays.
    """
    create function marketplace.words_of(title text, skills text, summary text, description text)
        returns tsvector language sql immutable strict parallel safe
        return setweight(to_tsvector('simple', marketplace.folded(title))
                         || to_tsvector('english', marketplace.folded(title)), 'A')
            || setweight(to_tsvector('simple', marketplace.folded(skills))
                         || to_tsvector('english', marketplace.folded(skills)), 'B')
            || setweight(to_tsvector('simple', marketplace.folded(summary))
                         || to_tsvector('english', marketplace.folded(summary)), 'C')
            || setweight(to_tsvector('simple', marketplace.folded(left(description, 20000)))
                         || to_tsvector('english', marketplace.folded(left(description, 20000))), 'D')
    """,
    # Every word must be there, as it stands or as grammar bends it; the last may be only begun.
    """
    create function marketplace.words_asked(words text[]) returns tsquery
        language sql immutable strict parallel safe
        return (
            select cast(string_agg('(' || cast(each.asked as text) || ')', ' & ' order by each.place) as tsquery)
              from (select place,
                           case when place = cardinality(words)
                                then to_tsquery('simple', quote_literal(marketplace.folded(word)) || ':*')
                                else plainto_tsquery('simple', marketplace.folded(word)) end
                           || plainto_tsquery('english', marketplace.folded(word)) as asked
                      from unnest(words) with ordinality as given (word, place)) as each
             where numnode(each.asked) > 0)
    """,
    """
    create table marketplace.opportunity (
        opportunity_id uuid not null,
        kind text not null,
        format text,
        title text not null,
        summary text not null default '',
        description text not null default '',
        department text,
        location text,
        country char(2),
        time_zone text,
        work_model text,
        owner_id uuid,
        job_id text,
        posting_path text,
        state text not null default 'draft',
        seats integer not null default 1,
        seats_taken integer not null default 0,
        hours_per_week numeric(4,1),
        starts_on date,
        ends_on date,
        cadence text,
        opens_at timestamptz,
        listed_at timestamptz,
        internal_until timestamptz,
        closes_at timestamptz,
        skill_words text not null default '',
        version bigint not null default 1,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        heading tsvector generated always as (marketplace.words_of(title, skill_words, '', '')) stored,
        words tsvector generated always as
            (marketplace.words_of(title, skill_words, summary, description)) stored,
        constraint pk_opportunity primary key (opportunity_id),
        constraint uq_opportunity_job_id unique (job_id),
        constraint fk_opportunity_owner_id_person foreign key (owner_id) references kernel.person (person_id),
        constraint ck_opportunity_kind check (kind in ('job', 'project', 'mentoring')),
        constraint ck_opportunity_format check (
            (kind = 'mentoring') = (format is not null)
            and format in ('one_to_one', 'reverse', 'group', 'peer_circle')),
        constraint ck_opportunity_state check (state in ('draft', 'open', 'filled', 'closed')),
        constraint ck_opportunity_work_model check (work_model in ('on_site', 'hybrid', 'remote')),
        constraint ck_opportunity_seats check (seats >= 0),
        constraint ck_opportunity_seats_taken check (seats_taken >= 0),
        constraint ck_opportunity_opened check (state = 'draft' or opens_at is not null)
    ) with (toast_tuple_target = 512)
    """,
    # Long texts lie beside the rows, so that counting over all of them reads little.
    "alter table marketplace.opportunity alter column words set storage external",
    "create index ix_opportunity_owner_id on marketplace.opportunity (owner_id)",
    """
    create index ix_opportunity_opens_at on marketplace.opportunity (opens_at desc, opportunity_id)
        where state = 'open'
    """,
    "create index ix_opportunity_words on marketplace.opportunity using gin (words)",
    """
    create table marketplace.opportunity_skill (
        opportunity_id uuid not null,
        skill_uri text not null,
        label text not null,
        part text not null,
        weight real not null default 1,
        constraint pk_opportunity_skill primary key (opportunity_id, skill_uri, part),
        constraint fk_opportunity_skill_opportunity_id_opportunity foreign key (opportunity_id)
            references marketplace.opportunity (opportunity_id) on delete cascade,
        constraint ck_opportunity_skill_part check (part in ('wanted', 'learn'))
    )
    """,
    "create index ix_opportunity_skill_skill_uri on marketplace.opportunity_skill (skill_uri)",
    """
    create table marketplace.mentoring_wish (
        wish_id uuid not null,
        person_id uuid not null,
        format text not null,
        words text not null default '',
        cadence text,
        state text not null default 'open',
        version bigint not null default 1,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        constraint pk_mentoring_wish primary key (wish_id),
        constraint fk_mentoring_wish_person_id_person foreign key (person_id)
            references kernel.person (person_id),
        constraint ck_mentoring_wish_format check (format in ('one_to_one', 'reverse', 'group', 'peer_circle')),
        constraint ck_mentoring_wish_state check (state in ('open', 'matched', 'withdrawn'))
    )
    """,
    "create index ix_mentoring_wish_person_id on marketplace.mentoring_wish (person_id)",
    """
    create table marketplace.mentoring_wish_topic (
        wish_id uuid not null,
        skill_uri text not null,
        label text not null,
        constraint pk_mentoring_wish_topic primary key (wish_id, skill_uri),
        constraint fk_mentoring_wish_topic_wish_id_mentoring_wish foreign key (wish_id)
            references marketplace.mentoring_wish (wish_id) on delete cascade
    )
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in (*_LAUNCHES, *_OPPORTUNITIES):
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "mentoring_wish_topic",
        "mentoring_wish",
        "opportunity_skill",
        "opportunity",
        "own_company",
        "programme_lead",
        "launch_awareness",
        "launch_change",
        "launch",
    ):
        op.execute(f"drop table marketplace.{table}")
    op.execute("drop function marketplace.words_asked(text[])")
    op.execute("drop function marketplace.words_of(text, text, text, text)")
    op.execute("drop function marketplace.folded(text)")
