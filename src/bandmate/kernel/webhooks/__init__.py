"""Webhooks: events, signed after Standard Webhooks, delivered to other people's servers, retried and replayable.

``SUBSCRIPTION`` queues what endpoints want to hear, ``run_webhooks`` is the worker's duty that sends it.
"""

from bandmate.kernel.webhooks import acts as _acts  # noqa: F401 - declares the sentences of the audit trail
from bandmate.kernel.webhooks import holding as _holding  # noqa: F401 - declares what is held about persons
from bandmate.kernel.webhooks import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.kernel.webhooks.deliveries import SUBSCRIPTION
from bandmate.kernel.webhooks.sending import run_webhooks

__all__ = ["SUBSCRIPTION", "run_webhooks"]
