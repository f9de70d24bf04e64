"""Reserved."""

from __future__ import annotations

revision = "0008_notify"
down_revision = "0007_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
