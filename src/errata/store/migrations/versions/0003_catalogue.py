"""Facet values by number, the words of every record, what people say beside it: labels, comments, subscriptions; jobs.

Facets and words are projections: they are made empty here, and filled from the heads when the migration is done.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

from errata.store.tables import JSON, SERIAL, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    catalog = op.create_table(
        "catalog",
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_catalog")),
    )
    op.execute(sa.insert(catalog).values(identity=uuid.uuid4().hex))
    for series in ("labels", "comments", "jobs"):
        op.add_column("project", sa.Column(series, sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("actor", sa.Column("clearance", sa.String(length=40)))
    op.create_index(op.f("ix_record_project_sensitivity"), "record", ["project", "sensitivity"])
    op.drop_table("facet")
    op.create_table(
        "facet_value",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=250), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_facet_value_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facet_value")),
        sa.UniqueConstraint("project", "name", "value", name=op.f("uq_facet_value_project_name_value")),
    )
    op.create_table(
        "facet",
        sa.Column("project", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("project", "number", "value", name=op.f("pk_facet")),
    )
    op.create_index(op.f("ix_facet_value_number"), "facet", ["value", "number"])
    op.create_table(
        "search",
        sa.Column("id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("severity", sa.Integer()),
        sa.Column("excess", sa.Double()),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project", "number"], ["record.project", "record.number"], name=op.f("fk_search_record")
        ),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_search_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
        sa.UniqueConstraint("project", "number", name=op.f("uq_search_project_number")),
    )
    op.create_index(op.f("ix_search_project_event"), "search", ["project", "event"])
    for column in ("date", "created_at", "changed_at", "severity", "excess"):
        op.create_index(
            op.f(f"ix_search_project_kind_{column}_number"), "search", ["project", "kind", column, "number"]
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE search_text (id BIGINT PRIMARY KEY REFERENCES search (id) ON DELETE CASCADE,"
            " words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_text_words ON search_text USING gin (words)")
    else:
        # The words come as letters and digits of ASCII, one space apart: see core/words.py.
        op.execute("CREATE VIRTUAL TABLE search_text USING fts5(title, words, tokenize = 'ascii')")
    op.create_table(
        "label",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("vocabulary", sa.BigInteger(), nullable=False),
        sa.Column("vocabulary_revision", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("spans", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger()),
        sa.Column("adjudicates", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("retracted_by", sa.String(length=200)),
        sa.Column("retracted_at", Moment()),
        sa.Column("retracted_reason", sa.Text()),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_label_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_label")),
    )
    op.create_index(op.f("ix_label_project_subject"), "label", ["project", "subject"])
    op.create_index(op.f("ix_label_project_vocabulary_term"), "label", ["project", "vocabulary", "term"])
    op.create_index(op.f("ix_label_project_round"), "label", ["project", "round"])
    op.create_table(
        "comment",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("answers", sa.BigInteger()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("retracted_by", sa.String(length=200)),
        sa.Column("retracted_at", Moment()),
        sa.Column("retracted_reason", sa.Text()),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_comment_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_project_subject"), "comment", ["project", "subject"])
    op.create_table(
        "subscription",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_subscription_project")),
        sa.PrimaryKeyConstraint("project", "actor", "subject", name=op.f("pk_subscription")),
    )
    op.create_table(
        "candidate_set",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcomes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("seen", "unknown", "matched", "distinct", "drawn", "fresh")
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_candidate_set_project")),
        sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"], name=op.f("fk_candidate_set_run")),
        sa.ForeignKeyConstraint(
            ["project", "rule"], ["record.project", "record.number"], name=op.f("fk_candidate_set_record")
        ),
        sa.PrimaryKeyConstraint("project", "run", "rule", "revision", "outcomes", name=op.f("pk_candidate_set")),
    )
    op.create_table(
        "token",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("clearance", sa.String(length=40), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment()),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_token_project")),
        sa.PrimaryKeyConstraint("project", "name", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    op.create_table(
        "request",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200)),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", JSON),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_request_project")),
        sa.PrimaryKeyConstraint("project", "actor", "key", name=op.f("pk_request")),
    )
    op.create_table(
        "job",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("arguments", JSON, nullable=False),
        sa.Column("input", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=200)),
        sa.Column("lease_until", Moment()),
        sa.Column("checkpoint", JSON),
        sa.Column("progress", JSON),
        sa.Column("result", JSON),
        sa.Column("error", JSON),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("clearance", sa.String(length=40), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("started_at", Moment()),
        sa.Column("finished_at", Moment()),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_job_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_project_state"), "job", ["project", "state"])
    op.create_index(op.f("ix_job_project_input"), "job", ["project", "input"])


def downgrade() -> None:
    """Drop the tables. What people said beside records is gone; facets are as a rebuild makes them."""
    for table in (
        "job", "request", "token", "candidate_set", "subscription", "comment", "label", "search_text", "search",
        "facet", "facet_value", "catalog",
    ):  # fmt: skip
        op.drop_table(table)
    for series in ("jobs", "comments", "labels"):
        op.drop_column("project", series)
    op.drop_index(op.f("ix_record_project_sensitivity"), "record")
    op.drop_column("actor", "clearance")
    op.create_table(
        "facet",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_facet_project")),
        sa.ForeignKeyConstraint(
            ["project", "number"], ["record.project", "record.number"], name=op.f("fk_facet_record")
        ),
        sa.PrimaryKeyConstraint("project", "number", "name", "value", name=op.f("pk_facet")),
    )
    op.create_index(op.f("ix_facet_project_name_value"), "facet", ["project", "name", "value"])
