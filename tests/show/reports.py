"""Reports made by hand, so that what a page says can be checked to the letter."""

from __future__ import annotations

from dataclasses import replace

from errata.nouns.finding import Figures, Finding
from errata.nouns.report import Estimate, LeftOut, ReliabilityBin, Report, RunSummary, Searched


def finding(slice_text: str, failed: int | None, rows: int, **changes: object) -> Finding:
    """A finding with plain figures; ``changes`` replace fields."""
    made = Finding(
        id="1",
        kind="slice",
        metric="error",
        fingerprint="f" * 64,
        slice=slice_text,
        rows=rows,
        failed=failed,
        error_rate=(failed or 0) / rows,
        low=max(0.0, (failed or 0) / rows - 0.03),
        high=(failed or 0) / rows + 0.03,
        rest_error_rate=0.056,
        lift=8.75,
        excess_errors=425.2,
        excess_errors_low=394.0,
        p_adjusted=0.001,
        after_peeling=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


NIGHT = finding("contrast < 0.4 and source = 'night'", 480, 980, low=0.458, high=0.521)
CAMERA = finding(
    "camera = 'B7'", 96, 610, id="2", low=0.131, high=0.188, rest_error_rate=0.05, excess_errors=66,
    excess_errors_low=48,
    after_peeling=Figures(rows=580, failed=81, error_rate=0.14, low=0.114, high=0.171, rest_error_rate=0.048, lift=2.9,
                          excess_errors=53, excess_errors_low=31),
)  # fmt: skip
CONFUSED = finding(
    "label = 'cat' and pred = 'dog'", 210, 1900, id="3", kind="confusion", rest_error_rate=0.02, excess_errors=172,
    excess_errors_low=140, low=0.097, high=0.125,
)  # fmt: skip

NIGHTS = Report(
    source="preds.csv",
    run=RunSummary(rows=12408, failed=1117, unknown=0, error_rate=0.09002, low=0.0851, high=0.0952,
                   task="classification"),
    roles={"truth": "label", "prediction": "pred", "score": "conf"},
    metrics={"error": Estimate(0.09002, 0.0851, 0.0952), "ece": Estimate(0.0312, 0.0245, 0.0391)},
    findings=(NIGHT, CAMERA, CONFUSED),
    searched=Searched(slices=3482, depth=3, threshold=4.4, method="permutation", draws=200, min_rows=124),
    left_out=(
        LeftOut("latency_ms", "a latency"),
        LeftOut("fold", "one value"),
        LeftOut("bucket", "one value"),
    ),
    binned={"contrast": [0.2, 0.4, 0.6], "ink": [1.0, 2.0, 3.0, 4.0]},
    reliability=(
        ReliabilityBin(0.5, 0.75, 2408, 0.66, 0.61, 0.59, 0.63),
        ReliabilityBin(0.75, 1.0, 10000, 0.96, 0.982, 0.979, 0.985),
    ),
    notes=("no id: samples cannot be paired with another run",),
)  # fmt: skip
QUIET = replace(NIGHTS, findings=(), metrics={}, reliability=())
