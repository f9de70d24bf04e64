"""The append-only log of what happened, and its subscriptions."""

from bandmate.kernel.events import holding as _holding  # noqa: F401 - it declares what the log holds about persons
from bandmate.kernel.events.log import (
    CHANNEL,
    Cursor,
    Event,
    StoredEvent,
    end_of_log,
    has_after,
    publish,
    read_after,
)

__all__ = ["CHANNEL", "Cursor", "Event", "StoredEvent", "end_of_log", "has_after", "publish", "read_after"]
