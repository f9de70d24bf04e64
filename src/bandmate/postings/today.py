"""What Today shows of postings: what saved searches found, a first one to save, boards that stopped answering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding import Place, declare_places
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted

PATIENCE = timedelta(days=1)
"""How long a followed board may be silent before somebody should look: most come back by themselves."""

_SILENT = text("""
    select count(*) as boards, min(unconfirmed_since) as since, max(unconfirmed_since) as latest
      from postings.board where followed and unconfirmed_since < :before
""")


# Only searches with alerts keep what they found; the others have their counts on the page of saved searches.
_SAVED = text("""
    select count(distinct search.search_id) as searches, count(found.job_id) as found,
           min(found.found_at) as since, max(found.found_at) as latest
      from postings.saved_search as search
      left join postings.alert_match as found
        on found.search_id = search.search_id and found.found_at > search.seen_at
     where search.person_id = :person and search.deleted_at is null
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if Role.OPERATOR in asker.roles:
        yield from _silent_boards(tx, now)
    yield from _saved_searches(tx, asker)


def _saved_searches(tx: Tx, asker: Asker) -> Iterator[Card]:
    row = tx.execute(_SAVED, {"person": asker.person_id}).one()
    if row.found:
        yield Card(
            CardKind.WAITS,
            f"postings.saved:{row.latest}",
            counted("{count} job for your saved searches", "{count} jobs for your saved searches", row.found),
            _("Found since you last looked at them."),
            "/saved",
            _("Look at them"),
            Urgency.SOMETIME,
            at=row.since,
            icon="bell",
        )
    elif not row.searches:
        yield Card(
            CardKind.NEXT,
            "postings.saved:first",
            _("Save a search"),
            _("Look for jobs, then save the search: you are told of new ones as often as you like."),
            "/jobs",
            _("Look for jobs"),
            icon="bell",
        )


def _silent_boards(tx: Tx, now: datetime) -> Iterator[Card]:
    row = tx.execute(_SILENT, {"before": now - PATIENCE}).one()
    if row.boards:
        yield Card(
            CardKind.WAITS,
            f"postings.boards:{row.latest}",
            counted("{count} board stopped answering", "{count} boards stopped answering", row.boards),
            _("Their postings stay as they were. Perhaps a board has moved, or its company closed it."),
            "/boards?show=attention",
            _("Look at them"),
            Urgency.SOON,
            at=row.since,
            icon="database",
        )


declare_cards("postings", _cards, title=later("Postings"))
declare_places(Place(later("Saved searches"), "/saved", words=later("alerts digest jobs")))
