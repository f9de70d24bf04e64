"""Decisions that stand in no ledger because the record tells them fully: contexts derive them when they are read.

A derived decision has a stable id. Once a person overrides or contests it, it is written into the ledger as it is
then, and stays there whatever becomes of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.domain import Decision, ObjectRef

Find = Callable[[Tx, ObjectRef], Sequence[Decision]]
"""Return all decisions about an object; none when there is no such object. At most some hundreds."""


@dataclass(frozen=True, slots=True)
class Source:
    """How a context tells of its decisions."""

    context: str
    find: Find
    open_to_all: bool
    """Whether anybody may read its decisions that are about no person."""


_declared: dict[str, Source] = {}


def declare_source(context: str, find: Find, *, open_to_all: bool = False) -> Source:
    """Make known how a context's decisions are derived; declaring the same again changes nothing.

    Args:
        context: First part of the kinds of its objects: ``postings``.
        find: Derives its decisions about an object.
        open_to_all: Whether anybody may read those that are about no person. By default only operators may.

    Raises:
        ValueError: when the context has declared another source already.
    """
    source = Source(context, find, open_to_all)
    if _declared.setdefault(context, source) != source:
        raise ValueError(f"two different sources of decisions are declared for {context}")
    return source


def derived_decisions(tx: Tx, about: ObjectRef) -> tuple[Decision, ...]:
    """Return what the context of an object derives about it; nothing when it declared no source."""
    source = _declared.get(about.context)
    return tuple(source.find(tx, about)) if source else ()


def is_open_to_all(context: str) -> bool:
    """Tell whether anybody may read the context's decisions that are about no person."""
    source = _declared.get(context)
    return source is not None and source.open_to_all


def open_contexts() -> tuple[str, ...]:
    """Return the contexts whose decisions about no person anybody may read."""
    return tuple(sorted(source.context for source in _declared.values() if source.open_to_all))
