"""What stands in the ledger, and which entry decides; pure.

**The rule.** Entries are ordered by when they were said (``at``), those of one instant by the order they were
written in; only those at or before the instant asked about count. An entry *covers* a channel when it names that
channel or none: without a channel it speaks for everything of its purpose.

* Asked about a channel, the newest entry that covers it decides. So a withdrawal of the whole purpose ends older
  grants for single channels, a newer grant for a channel counts again, and likewise the other way round.
* Asked about the whole purpose, the answer is yes only when a grant of the whole stands and no channel has been
  withdrawn since without being granted again. Grants for single channels never add up to the whole: channels may
  be declared later, and nobody has agreed to those.
* Without a deciding entry the answer is no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.formats import exact

EntryId = NewType("EntryId", UUID)


class Through(StrEnum):
    """By what way a person said yes or no."""

    PAGE = "page"
    API = "api"
    IMPORT = "import"
    EMAIL = "email"
    PHONE = "phone"
    PAPER = "paper"
    IN_PERSON = "in_person"

    @property
    def words(self) -> str:
        """How the way is named in a sentence."""
        return _WAYS[self]


_WAYS = {
    Through.PAGE: "on the page",
    Through.API: "through the API",
    Through.IMPORT: "in imported records",
    Through.EMAIL: "by e-mail",
    Through.PHONE: "by phone",
    Through.PAPER: "on paper",
    Through.IN_PERSON: "in person",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves an entry beside its instant: who recorded it, through what, and what the person was shown.

    Raises:
        InvalidInput: when the wording, the locale or a system's name is empty, or cannot be kept (NUL).
    """

    recorded_by: PersonId | str
    """A person, often the subject; or the name of a system, such as ``import of 2026-11``."""
    through: Through
    wording: str
    """The exact text the person agreed to or refused."""
    version: int
    locale: str
    """Language of the wording (BCP 47), such as ``en`` or ``pt-BR``."""

    def __post_init__(self) -> None:
        texts = {"wording": self.wording, "locale": self.locale}
        if isinstance(self.recorded_by, str):
            texts["recorded_by"] = self.recorded_by
        for name, text in texts.items():
            if not text.strip() or "\0" in text:
                raise InvalidInput(f"Evidence of consent needs a {name}: text that is not empty.", field=name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One grant or withdrawal, as it stands in the ledger."""

    entry_id: EntryId
    subject: PersonId
    purpose: str
    channel: str | None
    """None for everything of the purpose."""
    granted: bool
    at: datetime
    """When the person said so; UTC."""
    recorded_at: datetime
    """When it was written down, by the database's clock; UTC."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something is allowed, and why."""

    allowed: bool
    because: Entry | None
    """The entry that decided; None when there is none, and the answer is no."""
    sentence: str


def deciding_entry(entries: Iterable[Entry], channel: str | None) -> Entry | None:
    """Return the entry that decides about a channel, or about the whole purpose where it is None.

    Args:
        entries: One subject's entries for one purpose up to the instant asked about, oldest first.
        channel: What is asked about.
    """
    whole: Entry | None = None
    since: dict[str, Entry] = {}
    for entry in entries:
        if entry.channel is None:
            whole = entry
            since.clear()
        else:
            # Taken out first: a dict keeps a key's first place, and the newest must stand last.
            since.pop(entry.channel, None)
            since[entry.channel] = entry
    if channel is not None:
        return since.get(channel, whole)
    return next((entry for entry in reversed(since.values()) if not entry.granted), whole)


def answer_from(entry: Entry | None, *, title: str, channel: str | None) -> Answer:
    """Put the deciding entry in words.

    Args:
        entry: What decided, or None.
        title: The purpose's title.
        channel: What was asked about.
    """
    if entry is None:
        asked = reach(title, channel)
        return Answer(False, None, f"Not allowed: no consent to {asked} was ever given, and none is assumed.")
    act, verdict = ("given", "Allowed") if entry.granted else ("withdrawn", "Not allowed")
    evidence = entry.evidence
    return Answer(
        entry.granted,
        entry,
        f"{verdict}: consent to {reach(title, entry.channel)} was {act} {evidence.through.words} on "
        f"{exact(entry.at)} (wording {evidence.version}, {evidence.locale}).",
    )


def reach(title: str, channel: str | None) -> str:
    """Name what an entry or a question is about, such as ``“Job alerts” for email``."""
    return f"“{title}”" if channel is None else f"“{title}” for {channel}"
