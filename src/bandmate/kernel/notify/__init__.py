"""Messages to persons: requested by contexts as events, delivered here until the messaging context takes over."""

from bandmate.kernel.notify.requests import MessageRequest, Urgency, request_message
from bandmate.kernel.notify.topics import MessageTemplate, declare_template

__all__ = ["MessageRequest", "MessageTemplate", "Urgency", "declare_template", "request_message"]
