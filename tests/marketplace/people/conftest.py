"""A company of four, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bandmate.kernel.database.session import Database
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.people.importing import Outlook, apply_import

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

_COLUMNS = "user_name,display_name,email,title,department,location,country,time_zone,languages,manager,start_date"

COMPANY = f"""\
{_COLUMNS},groups
mia@band.example,Mia Okafor,mia@band.example,Chief,Leadership,Stockholm,SE,Europe/Stockholm,sv en,,2015-02-01,
ben@band.example,Ben Adler,ben@band.example,Head,Catalogue,Berlin,Germany,Europe/Berlin,de,mia@band.example,,pilot
ana@band.example,Ana Ruiz,ana@band.example,Audio engineer,Catalogue,Madrid,ES,Europe/Madrid,es en,\
ben@band.example,2021-09-01,pilot; mentors
kofi,Kofi Mensah,,Data analyst,Insights,Accra,GH,Africa/Accra,en,ben@band.example,2026-01-12,
"""

Import = Callable[..., Outlook]


@pytest.fixture
def company(database: Database) -> Import:
    """Import a file, the four people of COMPANY unless another is given."""
    with database.begin() as tx:
        tx.execute(text("delete from marketplace.people_group"))

    def import_file(content: str = COMPANY, *, complete: bool = False, mark: str | None = None) -> Outlook:
        with database.begin() as tx:
            return apply_import(tx, content.encode(), complete=complete, by="test", now=NOON, mark=mark)

    return import_file


def person_of(database: Database, user_name: str) -> PersonId:
    """Return who has this user name."""
    with database.read() as tx:
        found = tx.execute(
            text("select person_id from marketplace.employee where user_name = :name and hidden_at is null"),
            {"name": user_name},
        )
        return PersonId(found.scalar_one())
