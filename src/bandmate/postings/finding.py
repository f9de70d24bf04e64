"""What search everywhere finds of postings: open jobs by the index, companies, and boards for operators."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from bandmate.engines.search import Index, IndexUnusable, Query
from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding import Finder, Hit, Place, declare_finder, declare_places
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import later
from bandmate.kernel.web.formats import counted
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery, conditions
from bandmate.postings.queries import find_orgs

_TITLES = text("""
    select job.job_id, job.title, job.company, coalesce(job.location_text, '') as place
      from unnest(cast(:ids as text[])) with ordinality as wanted(job_id, rank)
      join postings.job using (job_id)
     order by wanted.rank
""")

_BOARDS = text("""
    select board_id, provider || ':' || board as name, org.name as company
      from postings.board
      join postings.org using (org_id)
     where strpos(lower(org.name), :words) > 0 or strpos(lower(provider || ':' || board), :words) > 0
     order by org.name, provider, board
     limit :limit
""")


def job_finder(index: Index, clock: Clock) -> Finder:
    """Return the finder of open jobs; without an index it finds none, as job search says on its own page."""

    def find(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:  # noqa: ARG001 - jobs are public
        open_ones = conditions(JobQuery(status=(Status.ACTIVE,)), clock())
        filters = tuple(condition.index for condition in open_ones)
        try:
            hits = index.search(Query(text=words, filters=filters, limit=limit))
        except IndexUnusable:
            return
        if hits.ids:
            for row in tx.execute(_TITLES, {"ids": list(hits.ids)}):
                yield Hit(row.title, f"/jobs/{row.job_id}", " · ".join(filter(None, (row.company, row.place))))

    return Finder("jobs", later("Jobs"), find, icon="briefcase", place=10)


def _companies(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:  # noqa: ARG001 - they are public
    for org in find_orgs(tx, name=words, limit=limit):
        yield Hit(
            org.name, f"/companies/{org.org_id}", counted("{count} open job", "{count} open jobs", org.open_jobs)
        )


def _boards(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    if Role.OPERATOR in asker.roles:
        for row in tx.execute(_BOARDS, {"words": words.lower(), "limit": limit}):
            yield Hit(row.company, f"/boards/{row.board_id}", row.name)


declare_finder(Finder("companies", later("Companies"), _companies, icon="building-2", place=20))
declare_finder(Finder("boards", later("Boards"), _boards, icon="database", place=40))
declare_places(
    Place(later("All jobs"), "/jobs", None, words=later("search postings vacancies work")),
    Place(later("All companies"), "/companies", None, words=later("employers organisations")),
    Place(
        later("Boards"),
        "/boards",
        Role.OPERATOR,
        words=later("sources crawl providers runs"),
        about=later("Which boards are read, how often, and what each run proved"),
    ),
)
