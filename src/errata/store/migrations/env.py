"""What Alembic runs: on the connection that the store hands it, inside the store's own transaction."""

from __future__ import annotations

from alembic import context

from errata.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
