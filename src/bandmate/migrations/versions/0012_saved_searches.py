"""Reserved."""

from __future__ import annotations

revision = "0012_saved_searches"
down_revision = "0011_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
