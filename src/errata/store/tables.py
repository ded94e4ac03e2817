"""The tables of the catalog, in SQLAlchemy Core, the same on SQLite and PostgreSQL. The project is in every key.

Facts (run, part, finding, gate, verdict) stand in columns, because they are counted, ranked and joined. Records keep
their head and state in ``record`` and every body they ever had in ``revision``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware time in UTC: ``timestamptz`` on PostgreSQL, UTC without a zone on SQLite."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.engine.Dialect) -> sa.types.TypeEngine[Any]:
        """The type that this database has for it."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: sa.engine.Dialect) -> datetime | None:
        """To UTC, and without the zone where the database keeps none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.engine.Dialect) -> datetime | None:
        """Aware again, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Never JSONB: it forgets the order of keys, which people see, and the sign of -0.0, which digests see. Nothing is asked
# of what is inside.
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up INTEGER keys only

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _project() -> sa.Column[int]:
    return sa.Column("project", sa.Integer, sa.ForeignKey("project.id"), primary_key=True, autoincrement=False)


def _number(name: str = "number") -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _said_and_retracted() -> list[sa.Column[Any]]:
    return [
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("retracted_by", sa.String(200)),
        sa.Column("retracted_at", Moment),
        sa.Column("retracted_reason", sa.Text),
    ]


catalog = sa.Table(
    "catalog",
    metadata,
    # Of this database, in one row: by it the files of a database are known to be its own. A backup leaves it away.
    sa.Column("identity", sa.String(32), primary_key=True),
)

project = sa.Table(
    "project",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("prefix", sa.String(10), nullable=False, unique=True),
    sa.Column("at", Moment, nullable=False),
    # The last number given out of each series; counted up inside the writing transaction, so no number is lost.
    sa.Column("records", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("runs", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("findings", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("gates", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("labels", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("comments", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("jobs", sa.BigInteger, nullable=False, server_default="0"),
)

actor = sa.Table(
    "actor",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False, server_default="person"),
    sa.Column("at", Moment, nullable=False),
    # Up to where they see records, when that is not everything.
    sa.Column("clearance", sa.String(40)),
)

run = sa.Table(
    "run",
    metadata,
    _project(),
    _number(),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("model_version", sa.String(100), nullable=False),
    sa.Column("dataset", sa.String(100)),
    sa.Column("dataset_version", sa.String(100)),
    sa.Column("repeat", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("dataset_digest", sa.String(64)),
    sa.Column("ids_digest", sa.String(64)),
    sa.Column("params", JSON, nullable=False),
    sa.Column("roles", JSON, nullable=False),
    sa.Column("task", sa.String(40)),
    sa.Column("rows", sa.BigInteger),
    sa.Column("failed", sa.BigInteger),
    sa.Column("unknown", sa.BigInteger),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("source", sa.Text),
    sa.Column("notes", JSON, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("environment", sa.String(64)),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("project", "model", "model_version", "dataset", "dataset_version", "repeat"),
    sa.Index(None, "project", "digest"),
    sa.Index(None, "project", "dataset", "dataset_version"),
)

part = sa.Table(
    "part",
    metadata,
    _project(),
    _number("run"),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    # Who brought it, from where and why; and, of outcomes, what was counted and how many differ from those before.
    sa.Column("actor", sa.String(200)),
    sa.Column("source", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("failed", sa.BigInteger),
    sa.Column("unknown", sa.BigInteger),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("changed", sa.BigInteger),
    sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"]),
)

reference = sa.Table(
    "reference",
    metadata,
    _project(),
    sa.Column("dataset", sa.String(100), primary_key=True),
    sa.Column("column", sa.String(1000), primary_key=True),
    sa.Column("edges", JSON, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

analysis = sa.Table(
    "analysis",
    metadata,
    _project(),
    sa.Column("identity", sa.String(64), primary_key=True),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("options", JSON, nullable=False),
    sa.Column("report", JSON, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"]),
    sa.Index(None, "project", "run"),
)

finding = sa.Table(
    "finding",
    metadata,
    _project(),
    _number(),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("metric", sa.String(40), nullable=False),
    sa.Column("positive", sa.String(1000)),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("slice", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger),
    sa.Column("error_rate", sa.Double, nullable=False),
    sa.Column("low", sa.Double, nullable=False),
    sa.Column("high", sa.Double, nullable=False),
    sa.Column("rest_error_rate", sa.Double),
    sa.Column("lift", sa.Double),
    sa.Column("excess_errors", sa.Double, nullable=False),
    sa.Column("excess_errors_low", sa.Double, nullable=False),
    sa.Column("p_adjusted", sa.Double, nullable=False),
    sa.Column("after_peeling", JSON),
    # How it stood to the cases of the day it was found: the record's number and 'overlaps' or 'came back'.
    sa.Column("case", sa.BigInteger),
    sa.Column("relation", sa.String(20)),
    sa.Column("at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"]),
    sa.UniqueConstraint("project", "identity", "position"),
    sa.Index(None, "project", "run"),
    sa.Index(None, "project", "fingerprint"),
)

gate = sa.Table(
    "gate",
    metadata,
    _project(),
    _number(),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("baseline", sa.BigInteger),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("body", JSON, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"]),
    sa.Index(None, "project", "run"),
)

verdict = sa.Table(
    "verdict",
    metadata,
    _project(),
    _number("gate"),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("check", sa.BigInteger),
    sa.Column("case", sa.BigInteger),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("slice", sa.Text, nullable=False),
    sa.Column("metric", sa.String(40), nullable=False),
    sa.Column("criterion", sa.Text, nullable=False),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("estimate", sa.Double),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("more_needed", sa.BigInteger),
    sa.ForeignKeyConstraint(["project", "gate"], ["gate.project", "gate.number"]),
)

record = sa.Table(
    "record",
    metadata,
    _project(),
    _number(),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("head", sa.Integer, nullable=False),
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sensitivity", sa.String(40), nullable=False, server_default="internal"),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_by", sa.String(200), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Index(None, "project", "kind", "state"),
    sa.Index(None, "project", "sensitivity"),
)

revision = sa.Table(
    "revision",
    metadata,
    _project(),
    _number(),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("schema", sa.String(60), nullable=False),
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("body", JSON, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["project", "number"], ["record.project", "record.number"]),
)

facet_value = sa.Table(
    "facet_value",
    metadata,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("project", sa.Integer, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("value", sa.String(250), nullable=False),
    sa.UniqueConstraint("project", "name", "value"),
)

facet = sa.Table(
    "facet",
    metadata,
    # Ten rows a record, of which nothing is a source: to check what each refers to took most of a bulk import.
    _number("project"),
    _number(),
    _number("value"),
    sa.Index(None, "value", "number"),
)

search = sa.Table(
    "search",
    metadata,
    # The project and the number in one: see first_id in projections.py.
    sa.Column("id", SERIAL, primary_key=True, autoincrement=False),
    sa.Column("project", sa.Integer, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    # The day it is about, else the day it was made; by this and the next four a list is sorted.
    sa.Column("date", sa.String(10), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("severity", sa.Integer),
    sa.Column("excess", sa.Double),
    # The next event as this row was made: whoever saw an earlier one last has not seen this. See remembered.py.
    sa.Column("event", sa.BigInteger, nullable=False),
    # The numbers of its counted facet values, eight hexadecimal digits each, so that all hits are counted at once.
    sa.Column("counted", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["project", "number"], ["record.project", "record.number"]),
    sa.UniqueConstraint("project", "number"),
    sa.Index(None, "project", "event"),
    *(
        sa.Index(None, "project", "kind", column, "number")
        for column in ("date", "created_at", "changed_at", "severity", "excess")
    ),
)
"""What every record is found by. Its words are in ``search_text``, a table that each database has in its own way."""

label = sa.Table(
    "label",
    metadata,
    _project(),
    _number(),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("vocabulary", sa.BigInteger, nullable=False),
    sa.Column("vocabulary_revision", sa.Integer, nullable=False),
    sa.Column("term", sa.String(200), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("confidence", sa.Double),
    sa.Column("spans", JSON, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("round", sa.BigInteger),
    sa.Column("adjudicates", sa.Boolean, nullable=False),
    *_said_and_retracted(),
    sa.Index(None, "project", "subject"),
    sa.Index(None, "project", "vocabulary", "term"),
    sa.Index(None, "project", "round"),
)

comment = sa.Table(
    "comment",
    metadata,
    _project(),
    _number(),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("answers", sa.BigInteger),
    sa.Column("text", sa.Text, nullable=False),
    *_said_and_retracted(),
    sa.Index(None, "project", "subject"),
)

subscription = sa.Table(
    "subscription",
    metadata,
    _project(),
    sa.Column("actor", sa.String(200), primary_key=True),
    sa.Column("subject", sa.String(500), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    # The last event that the subscriber has seen of it.
    sa.Column("seen", sa.BigInteger, nullable=False),
)

candidate_set = sa.Table(
    "candidate_set",
    metadata,
    _project(),
    _number("run"),
    _number("rule"),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    # Which outcomes of the run were looked at: truth that came later makes another set.
    sa.Column("outcomes", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("unknown", sa.BigInteger, nullable=False),
    sa.Column("matched", sa.BigInteger, nullable=False),
    sa.Column("distinct", sa.BigInteger, nullable=False),
    sa.Column("drawn", sa.BigInteger, nullable=False),
    sa.Column("fresh", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["project", "run"], ["run.project", "run.number"]),
    sa.ForeignKeyConstraint(["project", "rule"], ["record.project", "record.number"]),
)

token = sa.Table(
    "token",
    metadata,
    _project(),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("writes", sa.Boolean, nullable=False),
    sa.Column("clearance", sa.String(40), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)

request = sa.Table(
    "request",
    metadata,
    _project(),
    sa.Column("actor", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(200)),
    sa.Column("status", sa.Integer),
    sa.Column("answer", JSON),
    sa.Column("at", Moment, nullable=False),
)

link = sa.Table(
    "link",
    metadata,
    _project(),
    sa.Column("subject", sa.String(200), primary_key=True),
    sa.Column("predicate", sa.String(60), primary_key=True),
    sa.Column("object", sa.String(1000), primary_key=True),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("retracted_by", sa.String(200)),
    sa.Column("retracted_at", Moment),
    sa.Index(None, "project", "object"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", SERIAL, primary_key=True),
    sa.Column("project", sa.Integer, sa.ForeignKey("project.id")),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("verb", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("before", sa.String(64)),
    sa.Column("after", sa.String(64)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("policy", sa.String(200)),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Index(None, "project", "subject"),
    sqlite_autoincrement=True,
)

blob = sa.Table(
    "blob",
    metadata,
    _project(),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    _project(),
    _number(),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("arguments", JSON, nullable=False),
    # The digest of kind and arguments and of what they stand for, by which the same work is known.
    sa.Column("input", sa.String(64), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Who has it: another name each time that it is taken, so that whoever lost it can change nothing.
    sa.Column("worker", sa.String(200)),
    sa.Column("lease_until", Moment),
    sa.Column("checkpoint", JSON),
    sa.Column("progress", JSON),
    sa.Column("result", JSON),
    sa.Column("error", JSON),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("clearance", sa.String(40), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Index(None, "project", "state"),
    sa.Index(None, "project", "input"),
)
