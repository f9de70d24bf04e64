"""What the doctor looks at in the database: its clock, old transactions, subscriptions, background jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import text

from bandmate.kernel.events.subscriptions import LAG_BOUND, Subscription, SubscriptionLag, lag
from bandmate.kernel.operations.doctor import Check, Finding, Needs, Patient, bad, ok, warn

SKEW_WARN = timedelta(seconds=2)
SKEW_BAD = timedelta(seconds=60)
"""Beyond it, sessions and schedules end or begin visibly at the wrong time."""
HELD_BACK = timedelta(minutes=1)
LAG_WARN = timedelta(minutes=5)
QUEUE_WARN = timedelta(minutes=10)
FAILED_WITHIN = timedelta(days=1)

# Only a transaction that writes has an id, and only those hold readers of the log back.
_OLD_TRANSACTIONS = text("""
    select pid, coalesce(datname, '?') as name, clock_timestamp() - xact_start as age
      from pg_stat_activity
     where backend_xid is not null and xact_start < clock_timestamp() - cast(:bound as interval)
     order by xact_start
""")

_HELD_EVENTS = text("""
    select count(*) as events, clock_timestamp() - min(recorded_at) as age
      from kernel.event
     where xid >= pg_snapshot_xmin(pg_current_snapshot())
""")

_WAITING = text("""
    select count(*) as jobs, clock_timestamp() - min(coalesce(job.scheduled_at, first.at)) as age
      from procrastinate.procrastinate_jobs as job
     cross join lateral (
           select min(at) as at from procrastinate.procrastinate_events where job_id = job.id) as first
     where job.status = 'todo' and (job.scheduled_at is null or job.scheduled_at <= clock_timestamp())
""")

_FAILED = text("""
    select job.task_name as task, count(distinct job.id) as jobs
      from procrastinate.procrastinate_events as failure
      join procrastinate.procrastinate_jobs as job on job.id = failure.job_id
     where failure.type = 'failed' and job.status = 'failed'
       and failure.at > clock_timestamp() - cast(:within as interval)
     group by job.task_name
     order by job.task_name
""")


def clock_skew(patient: Patient) -> Iterator[Finding]:
    """Compare this machine's clock with the database's."""
    with patient.database.look() as connection:
        before = patient.clock()
        there = connection.execute(text("select clock_timestamp()")).scalar_one()
        here = before + (patient.clock() - before) / 2
    skew = abs(there - here)
    detail = f"This machine and the database differ by {skew.total_seconds():.1f} s."
    remedy = "Have both keep their clocks by NTP."
    if skew > SKEW_BAD:
        yield bad("clock", detail, remedy)
    elif skew > SKEW_WARN:
        yield warn("clock", detail, remedy)
    else:
        yield ok("clock", detail)


def old_transactions(patient: Patient) -> Iterator[Finding]:
    """Look for transactions that hold the readers of the event log back, in any database of the server."""
    with patient.database.look() as connection:
        old = connection.execute(_OLD_TRANSACTIONS, {"bound": HELD_BACK}).all()
        held = connection.execute(_HELD_EVENTS).one()
    for row in old:
        yield warn(
            "transactions",
            f"Process {row.pid} has had a transaction open in {row.name} for {_age(row.age)}; nobody hears events "
            "written since.",
            f"Find out what it does, and end it if need be: select pg_terminate_backend({row.pid}).",
        )
    if held.events and held.age > HELD_BACK:
        yield bad(
            "event log",
            f"{held.events} events cannot be heard since {_age(held.age)}.",
            "An old transaction holds them back, perhaps a prepared one (pg_prepared_xacts); or the database was "
            "copied from another server by other means than `bandmate restore`.",
        )
    elif not old:
        yield ok("transactions", "None is old; events are heard at once.")


def subscription_check(subscriptions: Sequence[Subscription]) -> Check:
    """Return the check that every subscription gets on."""

    def look(patient: Patient) -> Iterator[Finding]:
        with patient.database.read() as tx:
            lags = lag(tx, subscriptions)
        troubles = [finding for each in lags if (finding := _trouble(each)) is not None]
        yield from troubles or [ok("subscriptions", f"All {len(lags)} get on.")]

    return Check("subscriptions", look, Needs.SCHEMA)


def _trouble(each: SubscriptionLag) -> Finding | None:
    behind = f"{each.events_behind}{'+' if each.events_behind >= LAG_BOUND else ''} events behind"
    if each.failures:
        return bad(
            "subscriptions",
            f"{each.name} is stuck after {each.failures} failures, {behind}: {each.last_error}",
            "It tries again by itself; if the error stays, the event it names and the log say why.",
        )
    if each.seconds_behind > LAG_WARN.total_seconds():
        return warn(
            "subscriptions",
            f"{each.name} is {behind}, for {_age(timedelta(seconds=each.seconds_behind))}.",
            "See that a worker runs: `bandmate serve` or `bandmate worker`.",
        )
    return None


def background_jobs(patient: Patient) -> Iterator[Finding]:
    """Look for jobs that nobody takes, and for those that gave up."""
    with patient.database.look() as connection:
        waiting = connection.execute(_WAITING).one()
        failed = connection.execute(_FAILED, {"within": FAILED_WITHIN}).all()
    if waiting.jobs and waiting.age is not None and waiting.age > QUEUE_WARN:
        yield bad(
            "queue",
            f"{waiting.jobs} background jobs wait, the oldest for {_age(waiting.age)}.",
            "See that a worker runs and is not overloaded: `bandmate serve` or `bandmate worker`.",
        )
    else:
        yield ok("queue", f"{waiting.jobs} background jobs wait.")
    for row in failed:
        yield warn(
            "tasks",
            f"{row.jobs} jobs of {row.task} gave up within the last day.",
            "The worker's log has the error of each.",
        )


def _age(age: timedelta) -> str:
    return str(timedelta(seconds=round(age.total_seconds())))


def database_checks(subscriptions: Sequence[Subscription]) -> tuple[Check, ...]:
    """Return all checks of the database."""
    return (
        Check("clock", clock_skew, Needs.DATABASE),
        Check("transactions", old_transactions, Needs.SCHEMA),
        subscription_check(subscriptions),
        Check("queue", background_jobs, Needs.SCHEMA),
    )
