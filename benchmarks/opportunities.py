"""The search over opportunities: whole answers with facets out of PostgreSQL, at the size that issue 5 asks for.

    python -m benchmarks.opportunities [COUNT]     100,000 opportunities by default; takes a few minutes

Each answer is a page of twenty with their skills, the total, and the counts of eight facets. Aim: under 100 ms.
Beside the wall's time stands the processor's: of this process and of the one that serves it in PostgreSQL, the
least of all answers. That is what it takes on a core of its own; on a machine with other work the wall's is not.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from urllib.parse import parse_qsl

from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.opportunities.searching.query import read_query
from bandmate.marketplace.opportunities.searching.results import search

TIMES = 15
QUESTIONS = (
    ("everything", ""),
    ("one word, a tenth of all", "q=engineer"),
    ("two words, one begun", "q=data+sci"),
    ("a word that all hold", "q=recordings"),
    ("the same, newest first", "q=recordings&order=newest"),
    ("word and filters", "q=designers&country=DE&work_model=remote"),
    ("filters alone", "kind=project&department=Department+3&seats=true"),
    ("a skill", "skill=own:5"),
    ("few hours", "hours_max=3&kind=mentoring"),
    ("filters that nothing fits", "department=Department+3&location=City+4&internal_first=true"),
    ("opened in the last month", "since=30"),
    ("everything, page 40", "page=40"),
    ("everything, last page", "page=5000"),
)

_FILL = text("""
    insert into marketplace.opportunity
           (opportunity_id, kind, format, title, summary, description, department, location, country, work_model,
            state, seats, seats_taken, hours_per_week, opens_at, skill_words, created_at, changed_at)
    select gen_random_uuid(), kind,
           case when kind = 'mentoring' then (array['one_to_one', 'reverse', 'group'])[1 + i % 3] end,
           (array['Senior', 'Junior', 'Lead', 'Touring'])[1 + i % 4] || ' '
           || (array['sound engineer', 'data scientist', 'tour accountant', 'playlist curator', 'rights clerk',
                     'stage designer', 'label manager', 'radio plugger', 'drum technician',
                     'archivist'])[1 + i / 4 % 10],
           'We look for somebody who helps our team with its catalogue.',
           repeat('You work with colleagues in many places and mix recordings of stage ' || i % 977 || '. ', 8),
           'Department ' || i % 20, 'City ' || i % 60,
           (array['DE', 'SE', 'US', 'FR', 'GB', 'ES', 'IT', 'BR', 'JP', 'KE', 'IN', 'PL'])[1 + i % 60 % 12],
           (array['on_site', 'hybrid', 'remote'])[1 + i / 3 % 3], 'open', 1 + i % 4, i % 2, 2 + i % 10,
           now() - i * interval '1 minute', 'music production, negotiation', now(), now()
      from (select i, (array['job', 'project', 'mentoring'])[1 + i % 3] as kind
              from generate_series(1, :count) as i) as numbered
""")
_SKILLS = text("""
    insert into marketplace.opportunity_skill (opportunity_id, skill_uri, label, part)
    select opportunity_id, 'own:' || abs(hashtext(opportunity_id::text || n)) % 800, 'Skill ' || n,
           case when n < 4 then 'wanted' else 'learn' end
      from marketplace.opportunity, generate_series(1, 5) as n
    on conflict do nothing
""")
_EMPLOY = text("""
    insert into marketplace.employee
           (person_id, user_name, display_name, active, source, created_at, changed_at)
    values (:person, 'mia', 'Mia', true, 'benchmark', now(), now())
""")


def fill(tx: Tx, count: int) -> PersonId:
    """Write opportunities, open every kind, and return an employee who looks for them."""
    person = create_person(tx, name="Mia", now=datetime.now(UTC))
    tx.execute(_EMPLOY, {"person": person})
    tx.execute(text("update marketplace.launch set state = 'on'"))
    tx.execute(_FILL, {"count": count})
    tx.execute(_SKILLS)
    return person


def main(count: int) -> None:
    """Fill a database of its own and time each question."""
    with (
        tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as home,
        open_database(Settings(home=Path(home))) as database,
    ):
        with database.begin() as tx:
            person = fill(tx, count)
        with database.look() as looking:
            looking.execute(text("vacuum analyze marketplace.opportunity"))
            looking.execute(text("vacuum analyze marketplace.opportunity_skill"))
        print(f"{count:,} opportunities; milliseconds over {TIMES} answers; load {os.getloadavg()[0]:.1f}")
        for name, asked in QUESTIONS:
            measure(database, person, name, dict(parse_qsl(asked)))


def measure(database: Database, person: PersonId, name: str, asked: dict[str, str]) -> None:
    """Ask one question many times and print how long it took."""
    page = int(asked.pop("page", 1))
    query = read_query(asked.items())
    seconds, worked = [], []
    for _ in range(TIMES):
        with database.read() as tx:
            tx.execute(text("set local max_parallel_workers_per_gather = 0"))
            server = Path(f"/proc/{tx.execute(text('select pg_backend_pid()')).scalar_one()}/schedstat")
            before, began = process_time() + _worked(server), time.perf_counter()
            found = search(tx, person, query, now=datetime.now(UTC), page=page)
            seconds.append(time.perf_counter() - began)
            worked.append(process_time() + _worked(server) - before)
    print(
        f"{name:28} median {1000 * median(seconds):6.1f}  p95 {1000 * sorted(seconds)[int(0.95 * TIMES)]:6.1f}"
        f"  processor {1000 * min(worked):6.1f}  fit {found.total:,}"
    )


def _worked(server: Path) -> float:
    """Return the seconds that a process has run (proc(5), schedstat: nanoseconds on the processor first)."""
    return int(server.read_text(encoding="ascii").split()[0]) / 1e9


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
