"""When a failed delivery is tried again: pure rules, after the schedule that Standard Webhooks recommends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first failed attempt, the second ...; when all are used up the delivery is a dead letter."""

JITTER = 0.2
"""A pause is up to this part longer, so that what failed together does not come back together."""

LONGEST_ASKED = timedelta(hours=24)
"""A receiver's ``Retry-After`` counts up to here."""

GIVE_UP_ENDPOINT_AFTER = timedelta(days=5)
"""An endpoint at which every attempt of this time failed is disabled."""

_OK, _REDIRECT = 200, 300


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one attempt."""

    status: int | None
    """None: no answer came."""
    error: str | None
    """A sentence; None when it arrived."""
    answer: str
    """The beginning of the answer's body."""
    asked: timedelta | None
    """The pause it asked for."""
    at: datetime
    took: timedelta
    hopeless: bool = False
    """There is nothing to send, now or ever: no fault of the receiver's."""

    @property
    def arrived(self) -> bool:
        """Whether the receiver took it: 2xx, and nothing else."""
        return self.status is not None and _OK <= self.status < _REDIRECT

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing more from us."""
        return self.status == HTTPStatus.GONE


def next_step(
    answered: Answered, attempt: int, *, chance: float
) -> tuple[Literal["done", "dead", "waiting"], datetime | None]:
    """Return what becomes of the delivery, and when it is tried again.

    Args:
        answered: what came of the attempt.
        attempt: which it was, from 1.
        chance: a random number from 0 to 1 for the jitter.
    """
    if answered.arrived:
        return "done", None
    if answered.gone or answered.hopeless or attempt > len(PAUSES):
        return "dead", None
    pause = PAUSES[attempt - 1] * (1 + JITTER * chance)
    return "waiting", answered.at + max(pause, asked_pause(answered) or pause)


def asked_pause(answered: Answered) -> timedelta | None:
    """Return the pause a receiver asked for, as far as we follow it."""
    return None if answered.asked is None else min(answered.asked, LONGEST_ASKED)
