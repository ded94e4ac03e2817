"""What each part says of itself, so that outcomes recomputed with late truth stand beside the earlier ones."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "actor": sa.String(length=200),
    "source": sa.Text(),
    "reason": sa.Text(),
    "failed": sa.BigInteger(),
    "unknown": sa.BigInteger(),
    "low": sa.Double(),
    "high": sa.Double(),
    "changed": sa.BigInteger(),
}
_PART = sa.table("part", *(sa.column(name) for name in ("project", "run", "kind", *COLUMNS)))
_OF_RUN = ("project", "number", "actor", "source", "failed", "unknown", "low", "high")
_RUN = sa.table("run", *(sa.column(name) for name in _OF_RUN))


def upgrade() -> None:
    """Add the columns; the parts of the runs that are there say what their run said."""
    for name, kind in COLUMNS.items():
        op.add_column("part", sa.Column(name, kind, nullable=True))
    its_run = sa.and_(_RUN.c.project == _PART.c.project, _RUN.c.number == _PART.c.run)
    for part, names in (
        ("predictions", ("actor", "source")),
        ("outcomes", ("actor", "failed", "unknown", "low", "high")),
    ):
        values = {name: sa.select(_RUN.c[name]).where(its_run).scalar_subquery() for name in names}
        op.execute(sa.update(_PART).where(_PART.c.kind == part).values(values))


def downgrade() -> None:
    """Drop the columns."""
    for name in reversed(COLUMNS):
        op.drop_column("part", name)
