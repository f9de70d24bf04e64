"""Profiles and evidence portfolios."""

from __future__ import annotations

revision = "0019_profiles"
down_revision = "0018_matching"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
