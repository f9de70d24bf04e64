"""procrastinate's own tables, functions and triggers, in the schema ``procrastinate``.

The comment on the schema names the version that was applied, so that a later migration knows which of
procrastinate's migrations (``SchemaManager.get_migrations_path``) a database still lacks.
"""

from __future__ import annotations

from importlib.metadata import version

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

revision = "0003_tasks"
down_revision = "0002_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("set local lock_timeout = '5s'")
    # procrastinate writes no schema before its names, so its SQL runs with its schema first in the search path.
    before = connection.execute(text("select current_setting('search_path')")).scalar_one()
    op.execute("create schema procrastinate")
    op.execute("set local search_path to procrastinate")
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    connection.execute(text("select set_config('search_path', :before, true)"), {"before": before})
    op.execute(f"comment on schema procrastinate is 'procrastinate {version('procrastinate')}'")


def downgrade() -> None:
    op.execute("drop schema procrastinate cascade")
