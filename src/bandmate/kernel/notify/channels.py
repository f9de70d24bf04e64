"""Ways for a message to leave. Which one is taken is a setting; every one passes the same conformance test."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class NotSent(Exception):
    """A message did not get away; the text says why, for operators."""


class Undeliverable(NotSent):
    """It never will: the address does not exist, the message is not accepted."""


class TryAgain(NotSent):
    """It may later; others may get away meanwhile."""


class ChannelDown(TryAgain):
    """Nothing gets away by this channel at the moment: no connection, wrong password, full disk."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is sent: everything rendered, nothing left to decide."""

    delivery_id: UUID
    """The same at every attempt: what makes a repetition recognisable."""
    message_id: str
    """``<…@host>`` (RFC 5322, section 3.6.4), the same at every attempt."""
    sender: str
    """``Name <address>``."""
    name: str
    """The recipient's."""
    address: str
    subject: str
    """One line."""
    text: str
    html: str
    locale: str
    """BCP 47."""
    written_at: datetime
    stop_url: str | None
    """Where its recipient stops messages of this purpose; None where they cannot be stopped."""


Send = Callable[[Letter], None]
"""Sends one letter. Returning means that the other side has taken it over.

Raises:
    Undeliverable, TryAgain, ChannelDown: when it has not, or not surely.
"""


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """One word: ``smtp``."""

    def opened(self) -> AbstractContextManager[Send]:
        """Return what sends letters one after another, over one connection where there is one.

        Opening connects to nobody and does not fail; the first letter does.
        """
