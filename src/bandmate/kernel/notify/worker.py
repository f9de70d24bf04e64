"""The worker's duty: send what is due, for as long as it runs.

A loop over the table rather than a task for each message: the table already holds what waits, until when and why,
so nothing has to be kept in step with a second queue, and a crash at any point leaves the truth in one place.
"""

from __future__ import annotations

from threading import Event as Stop

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.notify.channels import Channel
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.rendering import Writer
from bandmate.kernel.notify.sending import send_due, tidy_secrets

POLL_SECONDS = 1.0
SETTINGS_SECONDS = 60.0
"""How often wrong settings are complained about; until they are mended and the worker restarted, messages wait."""
LONGEST_PAUSE_SECONDS = 5.0
TIDY_SECONDS = 600.0

log = structlog.get_logger(__name__)


def run_sender(database: Database, settings: Settings, stop: Stop, *, clock: Clock = system_clock) -> None:
    """Send messages until ``stop`` is set; a lost database connection is taken up again, after up to 5 s."""
    channel = _channel(settings, stop)
    if channel is None:
        return
    writer, failures, until_tidy = Writer(settings), 0, 0.0
    while not stop.is_set():
        pause = POLL_SECONDS
        try:
            if until_tidy <= 0:
                tidy_secrets(database, clock)
                until_tidy = TIDY_SECONDS
            if send_due(database, channel, writer, clock, stopping=stop.is_set):
                pause = 0.0
            failures = 0
        except SQLAlchemyError as error:
            pause = min(0.5 * 2**failures, LONGEST_PAUSE_SECONDS)
            failures = min(failures + 1, 16)
            log.warning("messages_interrupted", error=str(error), retry_seconds=pause)
        until_tidy -= pause
        stop.wait(pause)


def _channel(settings: Settings, stop: Stop) -> Channel | None:
    """Return the channel that is set, or None once the worker stops; a wrong setting must not end other duties."""
    while not stop.is_set():
        try:
            return channel_of(settings)
        except InvalidInput as error:
            log.error("messages_cannot_be_sent", error=error.detail)  # noqa: TRY400 - the sentence says it all
            stop.wait(SETTINGS_SECONDS)
    return None
