"""Background work of profiles: reading skills from texts, and forgetting what was removed."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import text

from bandmate.engines.skills import Linked
from bandmate.kernel.clock import Clock
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.profiles.evidence import found_in
from bandmate.marketplace.profiles.proposals import propose_read, texts_of
from bandmate.marketplace.profiles.writing import READ_TEXTS
from bandmate.taxonomy import open_reader

KEPT_REMOVED = timedelta(days=1)
"""How long a claim that was removed can be brought back."""

_FORGET_REMOVED = text("delete from marketplace.claim where deleted_at < :before")


class Reader(Protocol):
    """Reads the skills of a text: ``taxonomy.SkillReader``."""

    @property
    def version(self) -> str:
        """Name of model and vocabulary."""

    def skills(self, text: str, /) -> Linked:
        """Return the skills of a text."""


_LOCK = "marketplace.read_profile:{person_id}"


@tasks.register(name=READ_TEXTS, lock=_LOCK, queueing_lock=_LOCK)
def read_profile(context: TaskContext, person_id: str) -> None:
    """Propose the skills that a person's texts speak of; done twice, it does nothing the second time."""
    read_texts(context.database, open_reader(settings()), PersonId(UUID(person_id)), context.clock)


@tasks.periodic(name="marketplace.forget_removed_claims", cron="50 3 * * *")
def forget_removed_claims(context: TaskContext) -> None:
    """Once a day, forget removed claims for good; doing it again changes nothing."""
    with context.database.begin() as tx:
        tx.execute(_FORGET_REMOVED, {"before": context.clock() - KEPT_REMOVED})


def read_texts(database: Database, reader: Reader, person_id: PersonId, clock: Clock) -> None:
    """Read what a person wrote and propose what was found; reading takes long and holds no transaction open."""
    with database.read() as tx:
        texts = texts_of(tx, person_id)
    found = [skill for each in texts if each.text for skill in found_in(reader.skills(each.text), each.source)]
    with database.begin() as tx:
        propose_read(tx, person_id, found, read_version=reader.version, now=clock())
