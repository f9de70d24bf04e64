"""What the server says of itself (RFC 7644, section 4; RFC 7643, sections 5 to 7). Pure."""

from __future__ import annotations

from bandmate.marketplace.people.scim.errors import ScimError
from bandmate.marketplace.people.scim.listing import LIST, MOST_RESULTS
from bandmate.marketplace.people.scim.schemas import RESOURCE_TYPES, SCHEMAS, ResourceType, Schema
from bandmate.marketplace.people.scim.shaping import Document

_CORE = "urn:ietf:params:scim:schemas:core:2.0"


def service_provider_config(base: str) -> Document:
    """Return what is supported."""
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API key",
                "description": "An API key with the scope scim, as the bearer token.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> Document:
    """Return the types of resources."""
    return _list([_resource_type(base, one) for one in RESOURCE_TYPES])


def resource_type(base: str, name: str) -> Document:
    """Return one type of resources.

    Raises:
        ScimError: 404 when there is none.
    """
    for one in RESOURCE_TYPES:
        if one.name == name:
            return _resource_type(base, one)
    raise ScimError(404, f"There is no type of resources {name[:60]!r}.")


def schemas(base: str) -> Document:
    """Return the schemas."""
    return _list([_schema(base, one) for one in SCHEMAS])


def schema(base: str, urn: str) -> Document:
    """Return one schema.

    Raises:
        ScimError: 404 when there is none.
    """
    for one in SCHEMAS:
        if one.urn.lower() == urn.lower():
            return _schema(base, one)
    raise ScimError(404, f"There is no schema {urn[:100]!r}.")


def _list(documents: list[Document]) -> Document:
    count = len(documents)
    return {
        "schemas": [LIST], "totalResults": count, "startIndex": 1, "itemsPerPage": count, "Resources": documents,
    }  # fmt: skip


def _resource_type(base: str, one: ResourceType) -> Document:
    document: Document = {
        "schemas": [f"{_CORE}:ResourceType"],
        "id": one.name,
        "name": one.name,
        "endpoint": one.endpoint,
        "description": one.description,
        "schema": one.schema.urn,
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{one.name}"},
    }
    if one.extensions:
        document["schemaExtensions"] = [{"schema": each.urn, "required": False} for each in one.extensions]
    return document


def _schema(base: str, one: Schema) -> Document:
    return {
        "schemas": [f"{_CORE}:Schema"],
        "id": one.urn,
        "name": one.name,
        "description": one.description,
        "attributes": [field.described() for field in one.fields],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{one.urn}"},
    }
