"""The providers of job boards, one module each; adding one is a module with its fixtures and a line below.

Other packages add theirs by the entry point ``bandmate.providers`` (``installed``).

What the modules share: ``interface`` (the facts and the protocol), ``reading`` and ``listing`` (untrusted JSON),
``shapes`` (locations, pay), ``wire`` and ``paging`` (how boards are fetched).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.providers.ashby import Ashby
from bandmate.postings.providers.greenhouse import Greenhouse
from bandmate.postings.providers.installed import with_installed
from bandmate.postings.providers.interface import (
    BadPosting,
    Fault,
    Listing,
    Period,
    Provider,
    RawPosting,
    StatedLocation,
    StatedPosting,
    StatedSalary,
    UnreadablePayload,
    WorkplaceType,
)
from bandmate.postings.providers.lever import Lever
from bandmate.postings.providers.wire import Answer, Outcome, Validators

_ALL: tuple[Provider, ...] = (Lever(), Greenhouse(), Ashby())
PROVIDERS: Mapping[str, Provider] = MappingProxyType(with_installed(_ALL))


def provider(name: str) -> Provider:
    """Return the provider of that name.

    Raises:
        InvalidInput: when there is none; the message lists those there are.
    """
    try:
        return PROVIDERS[name]
    except KeyError:
        known = ", ".join(sorted(PROVIDERS))
        raise InvalidInput(f"There is no provider {name!r}; the known ones are {known}.") from None


__all__ = [
    "PROVIDERS",
    "Answer",
    "BadPosting",
    "Fault",
    "Listing",
    "Outcome",
    "Period",
    "Provider",
    "RawPosting",
    "StatedLocation",
    "StatedPosting",
    "StatedSalary",
    "UnreadablePayload",
    "Validators",
    "WorkplaceType",
    "provider",
]
