"""For-you lists and what was shown."""

from __future__ import annotations

revision = "0018_matching"
down_revision = "0017_rounds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
