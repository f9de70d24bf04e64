"""Whether a value of a multi-valued attribute meets a filter: for the paths of PATCH. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bandmate.marketplace.people.scim.errors import invalid_filter
from bandmate.marketplace.people.scim.filters import Both, Compared, Either, Filter, Not, Present, Valued
from bandmate.marketplace.people.scim.schemas import Field

_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda held, asked: held == asked,
    "ne": lambda held, asked: held != asked,
    "co": lambda held, asked: asked in held,
    "sw": lambda held, asked: held.startswith(asked),
    "ew": lambda held, asked: held.endswith(asked),
    "gt": lambda held, asked: held > asked,
    "ge": lambda held, asked: held >= asked,
    "lt": lambda held, asked: held < asked,
    "le": lambda held, asked: held <= asked,
}


def meets(value: Any, field: Field, wanted: Filter) -> bool:
    """Tell whether one value of ``field`` meets a filter over its parts.

    Raises:
        ScimError: ``invalidFilter`` when the filter names a part that there is not.
    """
    result: bool
    match wanted:
        case Both(terms):
            result = all(meets(value, field, term) for term in terms)
        case Either(terms):
            result = any(meets(value, field, term) for term in terms)
        case Not(term):
            result = not meets(value, field, term)
        case Present(attribute):
            result = _part(value, field, attribute.name) not in (None, [], {})
        case Compared():
            result = _compares(_part(value, field, wanted.attribute.name), field, wanted)
        case Valued():
            raise invalid_filter("A filter in brackets has no brackets inside.")
    return result


def _compares(held: Any, field: Field, wanted: Compared) -> bool:
    if wanted.value is None or isinstance(wanted.value, bool) or isinstance(held, bool):
        if wanted.operator not in {"eq", "ne"}:
            raise invalid_filter(f"{wanted.operator} compares text, and {wanted.attribute.name} is none here.")
        return bool(held == wanted.value) == (wanted.operator == "eq")
    if held is None:
        return wanted.operator == "ne"
    sub, asked = field.sub(wanted.attribute.name) or field, str(wanted.value)
    if sub.exact:
        return _TEXT[wanted.operator](str(held), asked)
    return _TEXT[wanted.operator](str(held).casefold(), asked.casefold())


def _part(value: Any, field: Field, name: str) -> Any:
    if field.kind != "complex":
        if name != "value":
            raise invalid_filter(f"{field.name} has no part {name!r}.")
        return value
    sub = field.sub(name)
    if sub is None:
        raise invalid_filter(f"{field.name} has no part {name!r}.")
    return value.get(sub.name)


def values_of_equalities(wanted: Filter) -> dict[str, Any] | None:
    """Return what ``type eq "work" and primary eq true`` says of a value, by lower-case names; None for others.

    A directory that changes ``emails[type eq "work"].value`` where there is none means to add it.
    """
    terms = wanted.terms if isinstance(wanted, Both) else (wanted,)
    if not all(isinstance(term, Compared) and term.operator == "eq" for term in terms):
        return None
    return {term.attribute.name: term.value for term in terms if isinstance(term, Compared)}
