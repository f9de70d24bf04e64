"""PATCH (RFC 7644, section 3.5.2): operations carried out on a document. Pure.

The strict form and the well-known deviations of large identity providers: ``Add`` for ``add``; no path, and a
value whose keys are paths themselves (``{"name.givenName": "Ana"}``, ``{"urn:…:User:department": "Sound"}``);
``remove`` of ``members`` with the values to remove beside it; ``replace`` of a value that there is not yet.
"""

from __future__ import annotations

import copy
from typing import Any, Literal, cast

from bandmate.marketplace.people.scim.errors import ScimError, invalid_path, invalid_value
from bandmate.marketplace.people.scim.filters import Attribute, Path, parse_path
from bandmate.marketplace.people.scim.matching import meets, values_of_equalities
from bandmate.marketplace.people.scim.schemas import UNKEPT, UNKEPT_SUBS, Field, ResourceType
from bandmate.marketplace.people.scim.shaping import Document, is_nothing, known_attribute, read_value

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST_OPERATIONS = 1_000

Op = Literal["add", "replace", "remove"]


def patched(resource: ResourceType, document: Document, body: object) -> Document:
    """Return the document as the operations leave it; the one given is not changed.

    Raises:
        ScimError: when any operation cannot be carried out; then none is.
    """
    result = copy.deepcopy(document)
    for op, path, value in _operations(body):
        if path is None:
            _apply_without_path(resource, result, op, value)
        else:
            _apply(resource, result, op, parse_path(path), value, named=True)
    return result


def _operations(body: object) -> list[tuple[Op, str | None, Any]]:
    if not isinstance(body, dict):
        raise ScimError(400, "A PATCH sends a JSON object with Operations.", "invalidSyntax")
    keys = {key.lower(): value for key, value in body.items()}
    schemas = keys.get("schemas", [PATCH_OP])
    if not isinstance(schemas, list) or PATCH_OP.lower() not in {str(one).lower() for one in schemas}:
        raise ScimError(400, f"The schemas of a PATCH are [{PATCH_OP!r}].", "invalidSyntax")
    operations = keys.get("operations")
    if not isinstance(operations, list) or not operations:
        raise ScimError(400, "A PATCH has a list of Operations, at least one.", "invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise ScimError(400, f"A PATCH has at most {MOST_OPERATIONS} Operations.", "tooMany")
    return [_operation(one) for one in operations]


def _operation(given: object) -> tuple[Op, str | None, Any]:
    if not isinstance(given, dict):
        raise ScimError(400, "An operation is a JSON object.", "invalidSyntax")
    keys = {key.lower(): value for key, value in given.items()}
    op, path = str(keys.get("op", "")).lower(), keys.get("path")
    if op not in {"add", "replace", "remove"}:
        raise ScimError(
            400, f"There is no operation {op[:40]!r}; there are add, replace and remove.", "invalidSyntax"
        )
    if path is not None and not isinstance(path, str):
        raise invalid_path("A path is text.")
    if op == "remove" and not path:
        raise ScimError(400, "A remove needs a path.", "noTarget")
    if op != "remove" and "value" not in keys:
        raise invalid_value("An add or a replace needs a value.")
    return cast(Op, op), path or None, keys.get("value")


def _apply_without_path(resource: ResourceType, document: Document, op: Op, value: object) -> None:
    if not isinstance(value, dict):
        raise invalid_value("Without a path, the value is an object of attributes.")
    extensions = {schema.urn.lower() for schema in resource.extensions}
    for key, part in value.items():
        if key.lower() in extensions and isinstance(part, dict):
            for name, inner in part.items():
                _apply(resource, document, op, Path(Attribute(key.lower(), name.lower())), inner, named=False)
        elif key.lower() != "schemas":
            _apply(resource, document, op, parse_path(key), part, named=False)


def _apply(resource: ResourceType, document: Document, op: Op, path: Path, value: object, *, named: bool) -> None:
    if not path.attribute.name:
        _apply_to_extension(resource, document, op, path, value)
        return
    if path.attribute.name in UNKEPT:
        return
    try:
        schema, field = known_attribute(resource, path.attribute)
    except ScimError:
        if named:
            raise
        return  # what a directory sends along with the rest, and we do not keep
    if field.read_only or field.name == "schemas":
        if named:
            raise ScimError(400, f"{field.name} cannot be changed.", "mutability")
        return
    is_extension = schema is not None and schema in resource.extensions
    place = document.setdefault(schema.urn, {}) if is_extension and schema is not None else document
    part = _changed(place.get(field.name), field, op, path, value)
    if is_nothing(part):
        place.pop(field.name, None)
        if field.required and op != "add":
            raise ScimError(400, f"{field.name} is required; it can be replaced, not removed.", "mutability")
    else:
        place[field.name] = part
    if is_extension and schema is not None and not place:
        del document[schema.urn]


def _apply_to_extension(resource: ResourceType, document: Document, op: Op, path: Path, value: object) -> None:
    """Work on a whole extension, whose URN is the path."""
    schema = next((one for one in resource.extensions if one.urn.lower() == path.attribute.urn), None)
    if schema is None:
        raise invalid_path("This schema as a whole cannot be changed; name an attribute of it.")
    if op == "remove" or (op == "replace" and is_nothing(value)):
        document.pop(schema.urn, None)
    elif not isinstance(value, dict):
        raise invalid_value(f"{schema.urn} holds attributes; its value is an object of them.")
    else:
        _apply_without_path(resource, document, op, {schema.urn: value})


def _changed(held: Any, field: Field, op: Op, path: Path, value: object) -> Any:
    """Return what an attribute holds after an operation on it."""
    if path.filter is not None or (path.sub is not None and field.multi):
        if not field.multi:
            raise invalid_path(f"{field.name} has one value, so it has no filter.")
        return _change_some(held or [], field, op, path, value)
    if path.sub is not None:
        return _change_part(held or {}, field, op, path.sub, value)
    if field.multi:
        return _change_values(held or [], field, op, value)
    if op == "remove":
        return None
    new = read_value(field, value)
    if field.kind == "complex" and isinstance(new, dict) and isinstance(held, dict):
        return held | new
    return new


def _change_values(held: list[Any], field: Field, op: Op, value: object) -> list[Any]:
    new = read_value(field, value) or []
    if op == "replace":
        return new
    if op == "remove":
        if not new:
            return []
        named = {_identity(one) for one in new}
        return [one for one in held if _identity(one) not in named]
    known = {_identity(one) for one in held}
    added = [one for one in new if _identity(one) not in known]
    if any(isinstance(one, dict) and one.get("primary") for one in added):
        held = [one | {"primary": False} if "primary" in one else one for one in held]
    return [*held, *added]


def _identity(one: Any) -> str:
    """Return what makes a value the same value: its ``value``, or all of it."""
    if not isinstance(one, dict):
        return str(one)
    return str(one["value"]).casefold() if "value" in one else repr(sorted(one.items(), key=str))


def _change_some(held: list[Any], field: Field, op: Op, path: Path, value: object) -> list[Any]:
    """Work on those values that meet the filter, or on a part of them."""
    chosen = {at for at, one in enumerate(held) if path.filter is None or meets(one, field, path.filter)}
    if not chosen:
        if op == "remove":
            raise ScimError(400, f"No value of {field.name} meets the filter.", "noTarget")
        made = values_of_equalities(path.filter) if path.filter is not None else {}
        if made is None:
            raise ScimError(400, f"No value of {field.name} meets the filter.", "noTarget")
        new = {sub.name: made[sub.name.lower()] for sub in field.subs if sub.name.lower() in made}
        held, chosen = [*held, new], {len(held)}
    result = []
    for at, one in enumerate(held):
        changed = _change_one(one, field, op, path.sub, value) if at in chosen else one
        if not is_nothing(changed):
            result.append(changed)
    return result


def _change_one(one: Any, field: Field, op: Op, sub: str | None, value: object) -> Any:
    if sub is not None:
        return _change_part(one, field, op, sub, value)
    if op == "remove":
        return None
    new = read_value(field, [value])
    if not new:
        return None
    return one | new[0] if op == "add" and isinstance(one, dict) else new[0]


def _change_part(held: Document, field: Field, op: Op, name: str, value: object) -> Document:
    sub = field.sub(name)
    if sub is None and name in UNKEPT_SUBS:
        return held
    if sub is None:
        raise invalid_path(f"{field.name} has no part {name!r}.")
    if sub.read_only:
        raise ScimError(400, f"{field.name}.{sub.name} cannot be changed.", "mutability")
    new = None if op == "remove" else read_value(sub, value)
    rest = {key: part for key, part in held.items() if key != sub.name}
    return rest if is_nothing(new) else rest | {sub.name: new}
