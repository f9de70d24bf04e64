"""Values as JSON has them, the same in every answer, page and export."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bandmate.kernel.clock import rfc3339


def plain_value(value: Any) -> Any:
    """Return a column's value as JSON has it: RFC 3339 instants, ids as text, whole amounts without a fraction."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    return value
