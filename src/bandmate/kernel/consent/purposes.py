"""What consent can be asked for. Contexts declare their purposes in code, when they are imported."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bandmate.kernel.consent.entries import Evidence, Through
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Purpose:
    """Something a person may allow; refused until they do.

    Raises:
        ValueError: when it is declared wrongly.
    """

    name: str
    """Durable, context first: ``messages.job_alerts``. The ledger keeps it; it never gets another meaning."""
    title: str
    """A few words for lists, such as ``Job alerts``."""
    wording: str
    """Exactly what a person reads before they decide."""
    version: int
    """Counts up with every change of the wording, from 1."""
    channels: tuple[str, ...] = ()
    """Channels or uses that can be allowed one by one, such as ``email``; empty when there is only the whole."""
    locale: str = "en"
    """Language of title and wording (BCP 47)."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a purpose; write it as messages.job_alerts")
        if not self.title.strip() or not self.wording.strip() or self.version < 1:
            raise ValueError(f"the purpose {self.name} needs a title, a wording, and a version of 1 or more")
        wrong = [channel for channel in self.channels if not _CHANNEL.fullmatch(channel)]
        if wrong or len(set(self.channels)) < len(self.channels):
            raise ValueError(f"the channels of {self.name} are lower-case words, each once: {self.channels}")

    @property
    def choices(self) -> tuple[str | None, ...]:
        """Everything that can be allowed or refused: the whole (None), then each channel."""
        return (None, *self.channels)

    def shown(self, *, to: PersonId, through: Through) -> Evidence:
        """Return the evidence that a person read the present wording and decided themselves."""
        return Evidence(to, through, self.wording, self.version, self.locale)

    def check_channel(self, channel: str | None) -> None:
        """Refuse a channel that the purpose does not have.

        Raises:
            InvalidInput: when it has no such channel.
        """
        if channel not in self.choices:
            known = ", ".join(self.channels) or "none"
            raise InvalidInput(
                f"The purpose {self.name} has no channel {channel!r}; its channels are: {known}.", field="channel"
            )


_declared: dict[str, Purpose] = {}


def declare_purpose(purpose: Purpose) -> Purpose:
    """Make a purpose known to ledger and page; declaring the same one again changes nothing.

    Raises:
        ValueError: when another purpose has the name already.
    """
    if _declared.setdefault(purpose.name, purpose) != purpose:
        raise ValueError(f"two different purposes are declared under the name {purpose.name}")
    return purpose


def declared_purposes() -> tuple[Purpose, ...]:
    """Return every declared purpose by title."""
    return tuple(sorted(_declared.values(), key=lambda purpose: (purpose.title, purpose.name)))


def purpose_named(name: str) -> Purpose:
    """Return a declared purpose.

    Raises:
        InvalidInput: when no context has declared it.
    """
    purpose = _declared.get(name)
    if purpose is None:
        raise InvalidInput(
            f"There is no purpose {name[:80]!r} that consent can be given for. Purposes are declared in code by "
            "the context that needs them.",
            field="purpose",
        )
    return purpose
