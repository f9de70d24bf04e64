"""Messages to persons: requested by contexts as events, delivered here until the messaging context takes over."""

from bandmate.kernel.notify import holding as _holding  # noqa: F401 - declares what messages hold about persons
from bandmate.kernel.notify import tables as _tables  # noqa: F401 - known to the metadata wherever messages are asked for
from bandmate.kernel.notify.requests import MessageRequest, Urgency, request_message, request_messages
from bandmate.kernel.notify.topics import MessageTemplate, declare_template

__all__ = [
    "MessageRequest",
    "MessageTemplate",
    "Urgency",
    "declare_template",
    "request_message",
    "request_messages",
]
