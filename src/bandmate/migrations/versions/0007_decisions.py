"""Decisions with their reasons, and what was said about them since; the last sighting before a closing."""

from __future__ import annotations

from alembic import op

revision = "0007_decisions"
down_revision = "0006_persons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    _decisions()
    _acts()
    _append_only()
    _last_sightings()


def _decisions() -> None:
    op.execute("""
        create table kernel.decision (
            decision_id uuid not null,
            position bigint generated always as identity,
            kind text not null,
            subject uuid,
            object_kind text not null,
            object_id text not null,
            rule text not null,
            rule_version integer not null,
            inputs json not null,
            scores json not null,
            alternatives json not null,
            outcome text not null,
            decided_at timestamptz not null,
            decided_by_person uuid,
            decided_by_system text,
            recorded_at timestamptz not null default clock_timestamp(),
            erased_at timestamptz,
            constraint pk_decision primary key (decision_id),
            constraint fk_decision_subject_person foreign key (subject) references kernel.person (person_id),
            constraint ck_decision_decider check (num_nonnulls(decided_by_person, decided_by_system) = 1)
        )
    """)
    op.execute("""
        create index ix_decision_subject on kernel.decision (subject, decided_at, decision_id)
            where subject is not null
    """)
    op.execute("""
        create index ix_decision_object_kind on kernel.decision (object_kind, object_id, decided_at, decision_id)
    """)
    op.execute("create index ix_decision_rule on kernel.decision (rule, decided_at)")
    op.execute("""
        create index ix_decision_decided_by_person on kernel.decision (decided_by_person)
            where decided_by_person is not null
    """)


def _acts() -> None:
    op.execute("""
        create table kernel.decision_act (
            act_id uuid not null,
            position bigint generated always as identity,
            decision_id uuid not null,
            kind text not null,
            by_person uuid,
            at timestamptz not null,
            words text,
            outcome text,
            verdict text,
            contest_id uuid,
            recorded_at timestamptz not null default clock_timestamp(),
            constraint pk_decision_act primary key (act_id),
            constraint fk_decision_act_decision_id_decision foreign key (decision_id)
                references kernel.decision (decision_id),
            constraint fk_decision_act_contest_id_decision_act foreign key (contest_id)
                references kernel.decision_act (act_id),
            constraint uq_decision_act_contest_id unique (contest_id),
            constraint ck_decision_act_kind check (kind in ('overridden', 'contested', 'answered')),
            constraint ck_decision_act_answer check (
                (kind = 'answered') = (contest_id is not null)
                and (kind = 'answered') = (verdict is not null)
                and (outcome is not null) = (kind = 'overridden' or coalesce(verdict = 'changed', false)))
        )
    """)
    op.execute("create index ix_decision_act_decision_id on kernel.decision_act (decision_id, position)")
    op.execute("create index ix_decision_act_by_person on kernel.decision_act (by_person)")
    op.execute("create index ix_decision_act_contested on kernel.decision_act (at) where kind = 'contested'")


def _append_only() -> None:
    op.execute("""
        create function kernel.refuse_change_of_decisions() returns trigger language plpgsql as $$
        begin
            raise exception 'What was decided and said is never changed or deleted; add an act to it.'
                using errcode = 'restrict_violation';
        end
        $$
    """)
    # What tells of a person may be stripped or given to another id, by the room's own holding and in the open.
    op.execute("""
        create function kernel.refuse_change_of_decisions_unless_opened() returns trigger language plpgsql as $$
        begin
            if current_setting('bandmate.decisions_opened_for_persons', true) is distinct from 'yes' then
                raise exception 'What was decided and said is never changed or deleted; add an act to it.'
                    using errcode = 'restrict_violation';
            end if;
            return null;
        end
        $$
    """)
    for table, fixed in (
        ("decision", "decision_id, kind, object_kind, rule, rule_version, outcome, decided_at, recorded_at"),
        ("decision_act", "act_id, decision_id, kind, at, outcome, verdict, contest_id, recorded_at"),
    ):
        # For each statement, so that even one that would touch no row is refused.
        op.execute(f"""
            create trigger {table}_is_append_only before delete or update of {fixed} on kernel.{table}
                for each statement execute function kernel.refuse_change_of_decisions()
        """)
        op.execute(f"""
            create trigger {table}_is_opened_for_persons_only before update on kernel.{table}
                for each statement execute function kernel.refuse_change_of_decisions_unless_opened()
        """)


def _last_sightings() -> None:
    op.execute("alter table postings.job_event add column last_seen_at timestamptz")
    # Of closings that were undone since, the sighting before is known again once the archive is replayed.
    op.execute("""
        update postings.job_event as closing
           set last_seen_at = job.last_seen_at
          from postings.job
         where closing.type = 'closed' and job.job_id = closing.job_id and job.inactive_at = closing.observed_at
    """)


def downgrade() -> None:
    op.execute("alter table postings.job_event drop column last_seen_at")
    op.execute("drop table kernel.decision_act")
    op.execute("drop table kernel.decision")
    op.execute("drop function kernel.refuse_change_of_decisions_unless_opened()")
    op.execute("drop function kernel.refuse_change_of_decisions()")
