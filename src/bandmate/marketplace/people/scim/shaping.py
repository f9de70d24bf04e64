"""Documents: reading one into the names and types of its schemas, and cutting it to what is asked for. Pure.

Names of attributes and URNs are compared without case (RFC 7643, section 2.1). What is not kept is passed over.
Well-known deviations are read as they are meant: booleans as the strings "True" and "False", a manager as a bare
id, one value where several may stand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bandmate.marketplace.people.scim.errors import invalid_path, invalid_value
from bandmate.marketplace.people.scim.filters import Attribute, parse_attribute
from bandmate.marketplace.people.scim.schemas import COMMON, Field, ResourceType, Schema, field_of

Document = dict[str, Any]

MOST_VALUES = 50_000
LONGEST_TEXT = 1_000


def read_document(resource: ResourceType, given: object) -> Document:
    """Return what a client sent, in the names and types of the schemas; read-only attributes are left out.

    Raises:
        ScimError: ``invalidValue`` when a value is of another type; ``invalidSyntax`` is the caller's.
    """
    if not isinstance(given, dict):
        raise invalid_value("A resource is a JSON object.")
    document: Document = {}
    extensions = {schema.urn.lower(): schema for schema in resource.extensions}
    for key, value in given.items():
        extension = extensions.get(key.lower())
        if extension is not None:
            if value is not None:
                document[extension.urn] = _read_extension(extension, value)
            continue
        found = field_of(resource, None, key)
        if found is not None and not found[1].read_only and found[1].name != "schemas":
            _put(document, found[1].name, read_value(found[1], value))
    return document


def read_value(field: Field, value: object) -> Any:
    """Return a value as the type of its attribute; None for nothing (RFC 7643, section 2.5).

    Raises:
        ScimError: ``invalidValue`` when it is of another type.
    """
    if not field.multi:
        return _read_one(field, value)
    several = value if isinstance(value, list) else [] if value is None else [value]
    if len(several) > MOST_VALUES:
        raise invalid_value(f"{field.name} has more than {MOST_VALUES} values.")
    return [one for one in (_read_one(field, each) for each in several) if one not in (None, {})] or None


def is_nothing(value: object) -> bool:
    """Tell whether a value is unassigned: null, an empty list, an empty object."""
    return value is None or value in ([], {})


def _read_extension(schema: Schema, value: object) -> Document:
    if not isinstance(value, dict):
        raise invalid_value(f"{schema.urn} holds an object.")
    document: Document = {}
    for key, part in value.items():
        field = schema.field(key)
        if field is not None and not field.read_only:
            _put(document, field.name, read_value(field, part))
    return document


def _read_one(field: Field, value: object) -> Any:
    if value is None:
        return None
    if field.kind == "complex":
        return _read_complex(field, value)
    if field.kind == "boolean":
        return _read_boolean(field, value)
    if not isinstance(value, str):
        raise invalid_value(f"{field.name} is text.")
    if len(value) > LONGEST_TEXT or "\0" in value:
        raise invalid_value(f"{field.name} is longer than {LONGEST_TEXT} characters, or holds NUL.")
    return value or None


def _read_complex(field: Field, value: object) -> Document | None:
    if isinstance(value, str) and field.sub("value") is not None:
        value = {"value": value}
    if not isinstance(value, dict):
        raise invalid_value(f"{field.name} holds objects.")
    document: Document = {}
    for key, part in value.items():
        sub = field.sub(key)
        if sub is not None and not sub.read_only:
            _put(document, sub.name, read_value(sub, part))
    if "$ref" in document:
        # Kept is the id; who sends the address alone means the id at its end.
        document.setdefault("value", document.pop("$ref").rstrip("/").rpartition("/")[2])
        document.pop("$ref", None)
    return document or None


def _read_boolean(field: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise invalid_value(f"{field.name} is true or false.")


def _put(document: Document, name: str, value: object) -> None:
    if not is_nothing(value):
        document[name] = value


class Projection:
    """Which attributes an answer holds (RFC 7644, section 3.4.2.5)."""

    def __init__(self, resource: ResourceType, attributes: Collection[str], excluded: Collection[str]) -> None:
        self._resource = resource
        self._only = self._read(attributes)
        self._without = self._read(excluded) if not self._only else frozenset()

    def _read(self, written: Collection[str]) -> frozenset[tuple[str | None, str, str | None]]:
        whole = {schema.urn.lower() for schema in self._resource.extensions}
        found: set[tuple[str | None, str, str | None]] = set()
        for one in written:
            if one.strip().lower() in whole:
                found.add((one.strip().lower(), "", None))
            elif one.strip():
                attribute = parse_attribute(one)
                found.add((self._urn(attribute), attribute.name, attribute.sub))
        return frozenset(found)

    def _urn(self, attribute: Attribute) -> str | None:
        return None if attribute.urn == self._resource.schema.urn.lower() else attribute.urn

    def wants(self, name: str, urn: str | None = None) -> bool:
        """Tell whether an attribute, or any part of it, is in the answer; lower case."""
        if self._only:
            return any(entry[0] == urn and entry[1] in {name, ""} for entry in self._only)
        return not any(entry[0] == urn and entry[1] in {name, ""} and entry[2] is None for entry in self._without)

    def cut(self, document: Mapping[str, Any]) -> Document:
        """Return the document with those attributes alone, and with what is always returned."""
        always = {one.name for one in COMMON if one.always}
        answer: Document = {}
        extensions = {schema.urn for schema in self._resource.extensions}
        for key, value in document.items():
            if key in always:
                answer[key] = value
            elif key in extensions:
                parts = {name: self._part(name, part, key.lower()) for name, part in value.items()}
                _put(answer, key, {name: part for name, part in parts.items() if not is_nothing(part)})
            else:
                _put(answer, key, self._part(key, value, None))
        return answer

    def _part(self, name: str, value: Any, urn: str | None) -> Any:
        """Return of an attribute's value what is asked for."""
        folded = name.lower()
        if not self.wants(folded, urn):
            return None
        chosen = self._only or self._without
        subs = {entry[2] for entry in chosen if entry[0] == urn and entry[1] == folded and entry[2] is not None}
        if not subs or (self._only and (urn, folded, None) in self._only):
            return value

        def keep(one: Any) -> Any:
            if not isinstance(one, dict):
                return one
            return {key: part for key, part in one.items() if (key.lower() in subs) == bool(self._only)}

        return [keep(one) for one in value] if isinstance(value, list) else keep(value)


def known_attribute(resource: ResourceType, attribute: Attribute) -> tuple[Schema | None, Field]:
    """Return the attribute that a path names.

    Raises:
        ScimError: ``invalidPath`` when no schema of the type has it.
    """
    found = field_of(resource, attribute.urn, attribute.name)
    if found is None:
        raise invalid_path(f"A {resource.name} has no attribute {attribute.name!r}.")
    return found
