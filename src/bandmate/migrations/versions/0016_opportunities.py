"""Opportunities, launches of their kinds, applications."""

from __future__ import annotations

revision = "0016_opportunities"
down_revision = "0015_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
