"""Providers that other packages bring, found by the entry point ``bandmate.providers``.

    [project.entry-points."bandmate.providers"]
    lantern = "bandmate_lantern:Lantern"

The name is the provider's own, and the object a class or function that needs no arguments and returns a
``Provider``. Whoever installs a package trusts it: it runs with all rights of the program. What does not load, or
does not offer what a provider must, is reported in the log and left out; boards of it then count as boards of an
unknown provider, of which nothing is lost.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points

import structlog

from bandmate.postings.providers.interface import Provider

GROUP = "bandmate.providers"

_OFFERS = tuple(name for name, member in inspect.getmembers(Provider) if not name.startswith("_"))

log = structlog.get_logger(__name__)


class NotAProvider(Exception):
    """An entry point leads to something that is no provider; the message says why."""


def with_installed(own: Iterable[Provider]) -> dict[str, Provider]:
    """Return our own providers and the installed ones by name; no package can take the name of another."""
    found = {provider.name: provider for provider in own}
    for entry in _entries():
        try:
            provider = load(entry)
        except Exception as error:  # noqa: BLE001 - it is another package's code, and may raise anything
            _report(entry, str(error) or type(error).__name__)
            continue
        if found.setdefault(provider.name, provider) is not provider:
            _report(entry, f"the name {provider.name!r} is taken")
    return found


def load(entry: EntryPoint) -> Provider:
    """Return the provider that an entry point leads to.

    Raises:
        NotAProvider: when it lacks something of ``Provider``, or has another name than its entry point.
        Exception: whatever its package raises.
    """
    made = entry.load()()
    missing = [name for name in _OFFERS if not hasattr(made, name)]
    if missing:
        raise NotAProvider(f"it lacks {', '.join(missing)}")
    if made.name != entry.name:
        raise NotAProvider(f"it calls itself {made.name!r}; the entry point must have the same name")
    provider: Provider = made
    return provider


def _entries() -> Iterator[EntryPoint]:
    """Yield the entry points by name, so that the order in which packages were installed decides nothing."""
    yield from sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))


def _report(entry: EntryPoint, reason: str) -> None:
    package = entry.dist.name if entry.dist is not None else "unknown"
    log.error("a provider of another package is left out", provider=entry.name, package=package, reason=reason)
