"""Applications, their steps, and managers who are asked."""

from __future__ import annotations

revision = "0020_applying"
down_revision = "0019_profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
