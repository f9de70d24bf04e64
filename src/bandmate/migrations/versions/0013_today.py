"""Reserved."""

from __future__ import annotations

revision = "0013_today"
down_revision = "0012_saved_searches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
