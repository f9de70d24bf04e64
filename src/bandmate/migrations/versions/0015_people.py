"""People of the marketplace: the company's directory and its groups."""

from __future__ import annotations

from alembic import op

revision = "0015_people"
down_revision = "0014_posting_skills"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("create schema marketplace")
    op.execute("""
        create table marketplace.employee (
            person_id uuid not null,
            user_name text not null,
            external_id text,
            display_name text not null,
            given_name text,
            family_name text,
            email text,
            title text,
            department text,
            division text,
            location text,
            country char(2),
            time_zone text,
            languages text[] not null default '{}',
            manager_id uuid,
            start_date date,
            employee_number text,
            active boolean not null,
            left_at timestamptz,
            hidden_at timestamptz,
            account_shut boolean not null default false,
            source text not null,
            version bigint not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            constraint pk_employee primary key (person_id),
            constraint fk_employee_person_id_person foreign key (person_id) references kernel.person (person_id),
            constraint fk_employee_manager_id_employee foreign key (manager_id)
                references marketplace.employee (person_id) on update cascade on delete set null,
            constraint ck_employee_user_name check (user_name <> ''),
            constraint ck_employee_own_manager check (manager_id <> person_id),
            constraint ck_employee_hidden check (hidden_at is null or not active)
        )
    """)
    # Who was removed from the directory does not stand in the way of a namesake (RFC 7644, section 3.6).
    op.execute("""
        create unique index uq_employee_user_name on marketplace.employee (user_name) where hidden_at is null
    """)
    op.execute("create index ix_employee_external_id on marketplace.employee (external_id)")
    op.execute("create index ix_employee_email on marketplace.employee (lower(email))")
    op.execute("create index ix_employee_manager_id on marketplace.employee (manager_id)")
    op.execute("create index ix_employee_department on marketplace.employee (department) where active")
    op.execute("create index ix_employee_country on marketplace.employee (country) where active")
    op.execute("create index ix_employee_display_name on marketplace.employee (lower(display_name), person_id)")
    op.execute("""
        create table marketplace.people_group (
            group_id uuid not null,
            display_name text not null,
            external_id text,
            version bigint not null default 1,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            constraint pk_people_group primary key (group_id),
            constraint ck_people_group_display_name check (display_name <> '')
        )
    """)
    op.execute("""
        create unique index uq_people_group_display_name on marketplace.people_group (lower(display_name))
    """)
    op.execute("""
        create table marketplace.people_group_member (
            group_id uuid not null,
            person_id uuid not null,
            constraint pk_people_group_member primary key (group_id, person_id),
            constraint fk_people_group_member_group_id_people_group foreign key (group_id)
                references marketplace.people_group (group_id) on delete cascade,
            constraint fk_people_group_member_person_id_employee foreign key (person_id)
                references marketplace.employee (person_id) on update cascade on delete cascade
        )
    """)
    op.execute("create index ix_people_group_member_person_id on marketplace.people_group_member (person_id)")


def downgrade() -> None:
    op.execute("drop table marketplace.people_group_member")
    op.execute("drop table marketplace.people_group")
    op.execute("drop table marketplace.employee")
    op.execute("drop schema marketplace")
