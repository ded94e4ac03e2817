"""What the pages read through the client: the catalog of a request, and facts by their number or key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Path, Request

from errata.client.operations import PLURALS
from errata.core import units
from errata.core.names import is_key
from errata.nouns.report import Report
from errata.show.charts.strip import Scale
from errata.web.access import NOBODY, on_this_machine, signed_in

WALL = 200
"""The most samples that a page shows as a wall."""
Number = Annotated[int, Path(ge=1, le=2**53)]
Key = Annotated[str, Path(min_length=3, max_length=40)]


def catalog_of(request: Request) -> Any:
    """The catalog that this server shows, as who signed in and up to where their token sees; where nobody did, as
    whoever started the server, on this machine alone, up to where it shows to everybody."""
    served = request.app.state.catalog
    token = signed_in(request)
    if token is not None:
        return served.acting(token.actor, token.clearance)
    return served if on_this_machine(request) else served.acting(NOBODY)


def case_link(key: str) -> str:
    """Where a case lives."""
    return f"/cases/{key}"


def record_link(kind: str, key: str) -> str:
    """Where a record lives; of one whose kind is not known, the address that leads there."""
    return f"/{PLURALS[kind]}/{key}" if kind in PLURALS else f"/records/{key}"


def place_of(subject: str) -> str:
    """Where what is named can be read: a key, ``run:3``, ``finding:4``, ``gate:2``, ``job:1`` or a sample of a run.

    Empty for what has no page.
    """
    kind, colon, rest = subject.partition(":")
    if is_key(subject):
        return record_link("", subject)
    number, sampled, sample = rest.partition("#")
    if not colon or kind not in ("run", "finding", "gate", "job") or not (number.isascii() and number.isdecimal()):
        return ""
    if sampled:
        return f"/runs/{number}/sample?{urlencode({'id': sample})}" if kind == "run" else ""
    return f"/{kind}s/{number}"


@dataclass(frozen=True, slots=True)
class SampleView:
    """One sample as a tile or a row: ``said`` is truth and prediction, ``image`` the address of its picture,
    ``thumbnail`` that of a small one; ``key`` is what labels of it name: its id, or the number of its row from 1."""

    row: int
    key: str
    name: str
    failed: bool | None
    said: str
    image: str | None
    thumbnail: str | None
    values: dict[str, str]


def sample_views(samples: Sequence[Any], roles: dict[str, Any]) -> list[SampleView]:
    """Samples of a finding (mappings) or of evidence (``Sample``), with their values written."""
    return [_sample(sample if isinstance(sample, dict) else sample.to_json(), roles) for sample in samples]


def _sample(sample: dict[str, Any], roles: dict[str, Any]) -> SampleView:
    values = sample.get("values") or {}
    truth, prediction = values.get(roles.get("truth")), values.get(roles.get("prediction"))
    said = f"{written(truth)} → {written(prediction)}" if truth is not None or prediction is not None else ""
    image = sample.get("image")
    name = sample.get("id")
    return SampleView(
        row=int(sample["row"]),
        key=str(name) if name is not None else str(int(sample["row"]) + 1),
        name=str(name) if name is not None else f"row {units.count(int(sample['row']) + 1)}",
        failed=sample.get("failed"),
        said=said,
        image=f"/blobs/{image['digest']}" if image else None,
        thumbnail=f"/blobs/{image['digest']}/small" if image else None,
        values={key: written(value) for key, value in values.items()},
    )


def written(value: Any) -> str:
    """A value of the user's for people: numbers with up to six significant digits, nothing for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"{units.count(len(value))} bytes"
    return str(value)


def factor_columns(views: Sequence[SampleView], roles: dict[str, Any], slice_columns: Sequence[str]) -> list[str]:
    """Which columns a table of samples shows: truth and prediction, the slice's own, then the rest, scores last."""
    present = list(dict.fromkeys(name for view in views[:20] for name in view.values))
    skip = {roles.get("id"), roles.get("image")}
    first = [roles.get("truth"), roles.get("prediction"), *slice_columns, roles.get("score")]
    ordered = [name for name in dict.fromkeys(first) if name in present]
    rest = [name for name in present if name not in ordered and name not in skip]
    return [*ordered, *rest][:14]


def rate_scale(items: Sequence[Any]) -> Scale:
    """One scale for the error rates of several runs."""
    return Scale.over(edge for item in items for edge in (item.error_rate, item.low, item.high))


def report_of(catalog: Any, number: int) -> Report | None:
    """The newest stored report of a run; None when it was not analysed yet."""
    report = catalog.runs.report(number)
    assert report is None or isinstance(report, Report)
    return report
