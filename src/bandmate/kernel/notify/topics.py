"""The templates of messages. Contexts declare theirs when they are imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """How a message reads: ``<stem>.subject.txt``, ``<stem>.txt`` and ``<stem>.html`` in ``folder``, all Jinja."""

    name: str
    """Durable, context first: ``identity.recovery``."""
    topic: str
    """What it is about, for lists and settings: ``Your account``."""
    folder: Path

    @property
    def stem(self) -> str:
        """The part of the file names that is its own."""
        return self.name.partition(".")[2]


_declared: dict[str, MessageTemplate] = {}


def declare_template(template: MessageTemplate) -> MessageTemplate:
    """Make a template known; declaring the same one again changes nothing.

    Raises:
        ValueError: when another template has the name already.
    """
    if _declared.setdefault(template.name, template) != template:
        raise ValueError(f"two different templates are declared under the name {template.name}")
    return template


def template_named(name: str) -> MessageTemplate:
    """Return a declared template.

    Raises:
        LookupError: when none has the name.
    """
    template = _declared.get(name)
    if template is None:
        known = ", ".join(sorted(_declared)) or "none"
        raise LookupError(f"no message template is declared under the name {name!r}; declared are: {known}")
    return template


def declared_templates() -> tuple[MessageTemplate, ...]:
    """Return every declared template by name."""
    return tuple(sorted(_declared.values(), key=lambda template: template.name))


def requested_type(template: str) -> str:
    """Return the type of the events that ask for messages of a template: ``identity.message.requested``."""
    return f"{template.partition('.')[0]}.message.requested"
