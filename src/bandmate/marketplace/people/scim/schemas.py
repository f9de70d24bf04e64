"""The schemas of what is served (RFC 7643, sections 4, 7 and 8.7): exactly the attributes that are kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EMPLOYEE = "urn:bandmate:params:scim:schemas:extension:employee:1.0:User"

SCHEMA_URNS = frozenset(urn.lower() for urn in (USER, GROUP, ENTERPRISE, EMPLOYEE))

Kind = Literal["string", "boolean", "complex", "reference", "dateTime"]


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a schema."""

    name: str
    description: str
    kind: Kind = "string"
    multi: bool = False
    required: bool = False
    exact: bool = False
    """Whether case counts."""
    read_only: bool = False
    immutable: bool = False
    always: bool = False
    """Whether it is in every answer, whatever is asked for."""
    unique: bool = False
    canonical: tuple[str, ...] = ()
    subs: tuple[Field, ...] = ()
    targets: tuple[str, ...] = ()
    """For a reference: the types of resources it leads to."""

    def sub(self, name: str) -> Field | None:
        """Return the part of this name, in any case."""
        return next((one for one in self.subs if one.name.lower() == name.lower()), None)

    def described(self) -> dict[str, Any]:
        """Return it as a schema resource describes it (RFC 7643, section 7)."""
        described: dict[str, Any] = {
            "name": self.name,
            "type": self.kind,
            "multiValued": self.multi,
            "description": self.description,
            "required": self.required,
            "mutability": "readOnly" if self.read_only else "immutable" if self.immutable else "readWrite",
            "returned": "always" if self.always else "default",
        }
        if self.kind == "complex":
            return described | {"subAttributes": [one.described() for one in self.subs]}
        described |= {"caseExact": self.exact, "uniqueness": "server" if self.unique else "none"}
        if self.canonical:
            described["canonicalValues"] = list(self.canonical)
        if self.kind == "reference":
            described["referenceTypes"] = list(self.targets)
        return described


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema with its attributes."""

    urn: str
    name: str
    description: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """Return the attribute of this name, in any case."""
        return next((one for one in self.fields if one.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resources: a schema, and extensions of it."""

    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Schema, ...] = field(default=())

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The schema and its extensions."""
        return (self.schema, *self.extensions)


COMMON = (
    Field("id", "Our number of it, which never changes.", exact=True, read_only=True, always=True, unique=True),
    Field("externalId", "The number that the directory which sends it gave it.", exact=True),
    Field(
        "schemas", "The schemas of what is in it.", kind="reference", multi=True, exact=True, always=True,
        targets=("uri",),
    ),
    Field(
        "meta", "What is known of the record itself.", kind="complex", read_only=True,
        subs=(
            Field("resourceType", "The type's name.", exact=True, read_only=True),
            Field("created", "When it came.", kind="dateTime", read_only=True),
            Field("lastModified", "When it changed last.", kind="dateTime", read_only=True),
            Field("location", "Its address.", kind="reference", exact=True, read_only=True, targets=("uri",)),
            Field("version", "Its ETag.", exact=True, read_only=True),
        ),
    ),
)  # fmt: skip
"""What every resource has (RFC 7643, section 3.1); no schema lists them."""

_WORK, _USERS = ("work",), ("User",)

USER_SCHEMA = Schema(
    USER,
    "User",
    "A person who works here.",
    (
        Field("userName", "What the directory calls them; case does not count.", required=True, unique=True),
        Field(
            "name", "The parts of the name.", kind="complex",
            subs=(
                Field("familyName", "Family name."),
                Field("givenName", "Given name."),
            ),
        ),
        Field("displayName", "The name that colleagues read; made of the others if none is given.", required=True),
        Field("title", "Job title."),
        Field("preferredLanguage", "The first of their languages (BCP 47)."),
        Field("timezone", "Time zone, by its IANA name."),
        Field("active", "Whether they work here. Who does not cannot sign in.", "boolean", required=True),
        Field(
            "emails", "The address at work; of several, the primary one is kept.", kind="complex", multi=True,
            subs=(
                Field("value", "The address.", unique=True),
                Field("type", "Always work.", canonical=_WORK),
                Field("primary", "Always true.", kind="boolean"),
            ),
        ),
        Field(
            "addresses", "The place of work; of several, the primary one is kept.", kind="complex", multi=True,
            subs=(
                Field("locality", "City or office."),
                Field("country", "Two letters (ISO 3166-1)."),
                Field("type", "Always work.", canonical=_WORK),
                Field("primary", "Always true.", kind="boolean"),
            ),
        ),
        Field(
            "groups", "The groups they are in; changed through the groups.", kind="complex", multi=True,
            read_only=True,
            subs=(
                Field("value", "The group's id.", exact=True, read_only=True),
                Field("$ref", "Its address.", kind="reference", exact=True, read_only=True, targets=("Group",)),
                Field("display", "Its name.", read_only=True),
            ),
        ),
    ),
)  # fmt: skip

ENTERPRISE_SCHEMA = Schema(
    ENTERPRISE,
    "EnterpriseUser",
    "A person's place in the company.",
    (
        Field("employeeNumber", "The company's number of them."),
        Field("division", "Division."),
        Field("department", "Department."),
        Field(
            "manager", "Who they report to.", kind="complex",
            subs=(
                Field("value", "The manager's id.", exact=True),
                Field("$ref", "Their address, in place of the id.", kind="reference", exact=True, targets=_USERS),
            ),
        ),
    ),
)  # fmt: skip

EMPLOYEE_SCHEMA = Schema(
    EMPLOYEE,
    "Employee",
    "What the core schemas have no place for.",
    (
        Field("languages", "The languages they work in (BCP 47), the preferred one first.", multi=True),
        Field("startDate", "The day they began here, such as 2026-03-01."),
    ),
)

GROUP_SCHEMA = Schema(
    GROUP,
    "Group",
    "Named people, such as those of a pilot.",
    (
        Field("displayName", "Its name; two groups never have the same.", required=True, unique=True),
        Field(
            "members", "Who is in it; groups in groups are not kept.", kind="complex", multi=True,
            subs=(
                Field("value", "The person's id.", exact=True, immutable=True),
                Field(
                    "$ref", "Their address, instead of the id.", kind="reference", exact=True, immutable=True,
                    targets=("User",),
                ),
                Field("type", "Always User.", immutable=True, canonical=("User",)),
            ),
        ),
    ),
)  # fmt: skip

USERS = ResourceType("User", "/Users", "People who work here.", USER_SCHEMA, (ENTERPRISE_SCHEMA, EMPLOYEE_SCHEMA))
GROUPS = ResourceType("Group", "/Groups", "Groups of people.", GROUP_SCHEMA)
RESOURCE_TYPES = (USERS, GROUPS)
SCHEMAS = (USER_SCHEMA, ENTERPRISE_SCHEMA, EMPLOYEE_SCHEMA, GROUP_SCHEMA)

UNKEPT = frozenset(
    {
        "nickname", "profileurl", "usertype", "locale", "password", "phonenumbers", "ims", "photos",
        "entitlements", "roles", "x509certificates", "costcenter", "organization",
    }
)  # fmt: skip
"""Standard attributes that are accepted and not kept, in lower case: a directory may send them all."""
UNKEPT_SUBS = frozenset(
    {
        "formatted", "middlename", "honorificprefix", "honorificsuffix", "display", "streetaddress", "region",
        "postalcode",
    }
)  # fmt: skip
"""Parts of standard attributes likewise."""


def field_of(resource: ResourceType, urn: str | None, name: str) -> tuple[Schema | None, Field] | None:
    """Return the attribute of this name with its schema, which is None for what every resource has."""
    if urn is None or urn == resource.schema.urn.lower():
        for one in COMMON:
            if one.name.lower() == name.lower():
                return None, one
    for schema in resource.schemas:
        if urn is None and schema is not resource.schema:
            continue
        if urn in {None, schema.urn.lower()} and (found := schema.field(name)) is not None:
            return schema, found
    return None
