"""Persons, accounts, sign-in, API keys, roles and scopes."""

from bandmate.kernel.identity.access import (
    Administrator,
    Anyone,
    Asker,
    InPerson,
    Operator,
    Role,
    Scope,
    SignedIn,
    access_of,
    requires,
)

__all__ = [
    "Administrator",
    "Anyone",
    "Asker",
    "InPerson",
    "Operator",
    "Role",
    "Scope",
    "SignedIn",
    "access_of",
    "requires",
]
