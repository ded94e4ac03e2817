"""The first schema: facts, records, events and blobs, with the project in every key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from errata.store.tables import JSON, SERIAL, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "actor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="person", nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint("name", name=op.f("uq_actor_name")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("runs", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("findings", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gates", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_project_prefix")),
    )
    op.create_table(
        "blob",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_blob_project")),
        sa.PrimaryKeyConstraint("project", "digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "event",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("project", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=True),
        sa.Column("after", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_event_project")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_event_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_project_subject"), "event", ["project", "subject"], unique=False)
    op.create_table(
        "link",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("predicate", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=1000), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("retracted_by", sa.String(length=200), nullable=True),
        sa.Column("retracted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_link_project")),
        sa.PrimaryKeyConstraint("project", "subject", "predicate", "object", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_project_object"), "link", ["project", "object"], unique=False)
    op.create_table(
        "record",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sensitivity", sa.String(length=40), server_default="internal", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_record_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_record")),
    )
    op.create_index(op.f("ix_record_project_kind_state"), "record", ["project", "kind", "state"], unique=False)
    op.create_table(
        "reference",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("column", sa.String(length=1000), nullable=False),
        sa.Column("edges", JSON, nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_reference_project")),
        sa.PrimaryKeyConstraint("project", "dataset", "column", name=op.f("pk_reference")),
    )
    op.create_table(
        "run",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=True),
        sa.Column("dataset_version", sa.String(length=100), nullable=True),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("dataset_digest", sa.String(length=64), nullable=True),
        sa.Column("ids_digest", sa.String(length=64), nullable=True),
        sa.Column("params", JSON, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("task", sa.String(length=40), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("failed", sa.BigInteger(), nullable=True),
        sa.Column("unknown", sa.BigInteger(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("notes", JSON, nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("environment", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_run_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_run")),
        sa.UniqueConstraint(
            "project",
            "model",
            "model_version",
            "dataset",
            "dataset_version",
            "repeat",
            name=op.f("uq_run_project_model_model_version_dataset_dataset_version_repeat"),
        ),
    )
    op.create_index(
        op.f("ix_run_project_dataset_dataset_version"), "run", ["project", "dataset", "dataset_version"], unique=False
    )
    op.create_index(op.f("ix_run_project_digest"), "run", ["project", "digest"], unique=False)
    op.create_table(
        "analysis",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("report", JSON, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"], name=op.f("fk_analysis_run")),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_analysis_project")),
        sa.PrimaryKeyConstraint("project", "identity", name=op.f("pk_analysis")),
    )
    op.create_index(op.f("ix_analysis_project_run"), "analysis", ["project", "run"], unique=False)
    op.create_table(
        "facet",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["project", "number"], ["record.project", "record.number"], name=op.f("fk_facet_record")
        ),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_facet_project")),
        sa.PrimaryKeyConstraint("project", "number", "name", "value", name=op.f("pk_facet")),
    )
    op.create_index(op.f("ix_facet_project_name_value"), "facet", ["project", "name", "value"], unique=False)
    op.create_table(
        "finding",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("metric", sa.String(length=40), nullable=False),
        sa.Column("positive", sa.String(length=1000), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=True),
        sa.Column("error_rate", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("rest_error_rate", sa.Double(), nullable=True),
        sa.Column("lift", sa.Double(), nullable=True),
        sa.Column("excess_errors", sa.Double(), nullable=False),
        sa.Column("excess_errors_low", sa.Double(), nullable=False),
        sa.Column("p_adjusted", sa.Double(), nullable=False),
        sa.Column("after_peeling", JSON, nullable=True),
        sa.Column("case", sa.BigInteger(), nullable=True),
        sa.Column("relation", sa.String(length=20), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"], name=op.f("fk_finding_run")),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_finding_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_finding")),
        sa.UniqueConstraint("project", "identity", "position", name=op.f("uq_finding_project_identity_position")),
    )
    op.create_index(op.f("ix_finding_project_fingerprint"), "finding", ["project", "fingerprint"], unique=False)
    op.create_index(op.f("ix_finding_project_run"), "finding", ["project", "run"], unique=False)
    op.create_table(
        "gate",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("baseline", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"], name=op.f("fk_gate_run")),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_gate_project")),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_gate")),
    )
    op.create_index(op.f("ix_gate_project_run"), "gate", ["project", "run"], unique=False)
    op.create_table(
        "part",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"], name=op.f("fk_part_run")),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_part_project")),
        sa.PrimaryKeyConstraint("project", "run", "kind", "seq", name=op.f("pk_part")),
    )
    op.create_table(
        "revision",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("schema", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project", "number"], ["record.project", "record.number"], name=op.f("fk_revision_record")
        ),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_revision_project")),
        sa.PrimaryKeyConstraint("project", "number", "revision", name=op.f("pk_revision")),
    )
    op.create_table(
        "verdict",
        sa.Column("project", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gate", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check", sa.BigInteger(), nullable=True),
        sa.Column("case", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("metric", sa.String(length=40), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("estimate", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("more_needed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project", "gate"], ["gate.project", "gate.number"], name=op.f("fk_verdict_gate")),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_verdict_project")),
        sa.PrimaryKeyConstraint("project", "gate", "position", name=op.f("pk_verdict")),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("verdict")
    op.drop_table("revision")
    op.drop_table("part")
    op.drop_index(op.f("ix_gate_project_run"), table_name="gate")
    op.drop_table("gate")
    op.drop_index(op.f("ix_finding_project_run"), table_name="finding")
    op.drop_index(op.f("ix_finding_project_fingerprint"), table_name="finding")
    op.drop_table("finding")
    op.drop_index(op.f("ix_facet_project_name_value"), table_name="facet")
    op.drop_table("facet")
    op.drop_index(op.f("ix_analysis_project_run"), table_name="analysis")
    op.drop_table("analysis")
    op.drop_index(op.f("ix_run_project_digest"), table_name="run")
    op.drop_index(op.f("ix_run_project_dataset_dataset_version"), table_name="run")
    op.drop_table("run")
    op.drop_table("reference")
    op.drop_index(op.f("ix_record_project_kind_state"), table_name="record")
    op.drop_table("record")
    op.drop_index(op.f("ix_link_project_object"), table_name="link")
    op.drop_table("link")
    op.drop_index(op.f("ix_event_project_subject"), table_name="event")
    op.drop_table("event")
    op.drop_table("blob")
    op.drop_table("project")
    op.drop_table("actor")
