"""Alembic's entry: runs the history on the connection it is handed, in its transaction."""

from __future__ import annotations

from alembic import context

from bandmate.kernel.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, include_schemas=True
)
context.run_migrations()
