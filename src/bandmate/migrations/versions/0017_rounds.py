"""Mentoring rounds, pairs, project teams."""

from __future__ import annotations

revision = "0017_rounds"
down_revision = "0016_opportunities"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
