"""Which events an endpoint gets: exact types or ``postings.*``, and what of it tells of persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.events.catalogue import EventType, declared_event_types, is_public
from bandmate.kernel.languages import gettext as _

WILD = ".*"
MOST_TYPES = 50

TEST_TYPE = "webhooks.test"
"""What the test button sends; it is in no log and cannot be subscribed to."""


def parse_types(written: Iterable[str]) -> list[str]:
    """Read a choice of event types, sorted, without doubles.

    Raises:
        InvalidInput: when nothing is chosen, or something that no declared type is or begins with.
    """
    chosen = sorted({one.strip() for one in written if one.strip()})
    if not chosen:
        raise InvalidInput(
            _("Choose at least one type of event, such as postings.* for all of them."), field="types"
        )
    if len(chosen) > MOST_TYPES:
        raise InvalidInput(
            _("Choose at most {most} types; postings.* stands for all that begin so.").format(most=MOST_TYPES),
            field="types",
        )
    for one in chosen:
        if not types_in([one]):
            raise InvalidInput(
                _(
                    "There is no type of event {type}. Write one of the catalogue, or a beginning: postings.*"
                ).format(type=repr(one[:80])),
                field="types",
            )
    return chosen


def types_in(chosen: Sequence[str]) -> tuple[EventType, ...]:
    """Return the declared types that a choice covers."""
    return tuple(declared for declared in declared_event_types() if covers(chosen, declared.name))


def covers(chosen: Sequence[str], name: str) -> bool:
    """Tell whether a choice covers a type: by its name, or by what stands before ``.*``."""
    return any(
        name == one or (one.endswith(WILD) and len(one) > len(WILD) and name.startswith(one[:-1]))
        for one in chosen
    )


def parse_allowed(written: Iterable[str]) -> list[str]:
    """Read which types about persons an endpoint may get, sorted.

    Raises:
        InvalidInput: when one is not declared, or needs no permission.
    """
    allowed = sorted(set(written))
    personal = {declared.name for declared in declared_event_types() if not declared.public}
    for one in allowed:
        if one not in personal:
            raise InvalidInput(
                _("{type} is no type of event about persons; only such need to be allowed.").format(
                    type=repr(one[:80])
                ),
                field="allowed",
            )
    return allowed


def withheld(chosen: Sequence[str], allowed: Sequence[str]) -> tuple[EventType, ...]:
    """Return what a choice covers and an administrator has not allowed: it is not delivered."""
    return tuple(one for one in types_in(chosen) if not is_public(one.name) and one.name not in allowed)


def offered() -> list[tuple[str, str, bool]]:
    """Return what a form offers: value, what happens, whether it tells of persons; the wide choices first."""
    declared = declared_event_types()
    wide = sorted({f"{one.name.partition('.')[0]}{WILD}" for one in declared if one.public})
    return [
        *((one, _("Everything that begins so, also types that come later"), False) for one in wide),
        *((one.name, _(one.description), not one.public) for one in declared),
    ]
