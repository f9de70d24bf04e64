"""The directory: who works here, where and for whom; kept by SCIM 2.0, by CSV, never by hand.

An employee is a person of the kernel; ``employee_of`` is the question that every other room of the marketplace
asks before it answers anybody.
"""

from bandmate.marketplace.people import events as _events  # noqa: F401 - declares what it publishes
from bandmate.marketplace.people import holding as _holding  # noqa: F401 - declares what is held of persons
from bandmate.marketplace.people import tables as _tables  # noqa: F401 - known to the metadata with the app
from bandmate.marketplace.people.domain import Employee, Group
from bandmate.marketplace.people.queries import (
    all_groups,
    employee_named,
    employee_of,
    employees_of,
    groups_of,
    managers_above,
    reports_of,
)

__all__ = [
    "Employee",
    "Group",
    "all_groups",
    "employee_named",
    "employee_of",
    "employees_of",
    "groups_of",
    "managers_above",
    "reports_of",
]
