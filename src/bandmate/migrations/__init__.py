"""One linear history of all schemas; run by ``kernel.database.migrating``."""
