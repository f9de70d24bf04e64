"""Opening the database a command works on: the embedded one, or the one DATABASE_URL names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bandmate.kernel.config import Settings
from bandmate.kernel.database.embedded import start_embedded
from bandmate.kernel.database.migrating import check_schema, migrate
from bandmate.kernel.database.session import Database, connect


@contextmanager
def open_as_it_is(settings: Settings) -> Iterator[Database]:
    """Open the database whatever its schema, and leave the schema alone.

    Raises:
        DatabaseUnavailable: when it cannot be started or reached.
    """
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(start_embedded(settings.home)).url
        database = connect(url)
        stack.callback(database.close)
        yield database


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database and close it at the end.

    The embedded database is started when needed, migrated, and stopped by its last user. A database given by
    DATABASE_URL is never changed here: an older schema is refused.

    Raises:
        DatabaseUnavailable: when it cannot be started or reached.
        SchemaOutdated: when DATABASE_URL names a database with an older schema.
        SchemaTooNew: when a newer program migrated the database.
    """
    if settings.database_url:
        database = connect(settings.database_url)
        try:
            check_schema(database)
            yield database
        finally:
            database.close()
        return
    with start_embedded(settings.home) as server:
        database = connect(server.url)
        try:
            migrate(database)
            yield database
        finally:
            database.close()
