"""Which types of events there are: every room declares its own, where it names them (``events.py``).

Readers that offer a choice (webhooks) and the catalogue page of the documents ask here. Undeclared types travel in
the log like any other; they are only offered to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of events, as its readers need to know it."""

    name: str
    """Past tense, context first: ``postings.job.closed``."""
    version: int
    """The present version of its data."""
    description: str
    """What happened, in one sentence, marked by ``later``; whoever shows it translates it."""
    context: str
    """Whose it is: ``postings``, ``consent``."""
    public: bool
    """Neither subject nor data tell of a person: it may leave the house without anybody being asked."""


_declared: dict[str, EventType] = {}


def declare_event_type(
    name: str, version: int, description: str, context: str, *, public: bool = False
) -> EventType:
    """Make a type known; declaring the same again changes nothing.

    Raises:
        ValueError: when it is declared otherwise already.
    """
    declared = EventType(name, version, description, context, public)
    if _declared.setdefault(name, declared) != declared:
        raise ValueError(f"two different event types are declared under the name {name}")
    return declared


def declared_event_types() -> tuple[EventType, ...]:
    """Return every declared type by name."""
    return tuple(sorted(_declared.values(), key=lambda declared: declared.name))


def is_public(name: str) -> bool:
    """Tell whether events of this type tell of no person; an undeclared type counts as telling of one."""
    declared = _declared.get(name)
    return declared is not None and declared.public
