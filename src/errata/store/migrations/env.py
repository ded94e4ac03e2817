"""What Alembic runs: on the connection that the store hands it, inside the store's own transaction."""

from __future__ import annotations

from alembic import context

from errata.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    # The words are in a table that each database has in its own way.
    include_name=lambda name, kind, _: kind != "table" or not (name or "").startswith("search_text"),
)
context.run_migrations()
