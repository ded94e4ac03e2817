"""A gate's result to show: one check of each kind."""

from __future__ import annotations

from errata.nouns.verdict import CheckVerdict, GateResult

CHECKS = (
    CheckVerdict(
        name="overall", slice="all", metric="error", criterion="<= baseline + 0.01", n=20190, estimate=-0.036,
        low=-0.0447, high=-0.0279, verdict="pass", value=0.381, baseline=0.417, p=1.0, p_adjusted=1.0,
        reason="the whole interval lies within the criterion; paired by id",
    ),
    CheckVerdict(
        name="rare visits", slice="truth = 'rare'", metric="error", criterion="<= baseline + 0.01", n=10125,
        estimate=0.0286, low=0.0143, high=0.043, verdict="fail", value=0.411, baseline=0.382, p=0.016, p_adjusted=0.048,
        case="DIG-4", reason="DIG-4 came back: the whole interval lies outside the criterion; paired by id",
    ),
    CheckVerdict(
        name="few & <odd> | *names*", slice="all", metric="fpr", criterion="<= 0.05", n=70, estimate=0.0429, low=0.012,
        high=0.107, verdict="inconclusive", more_needed=3204, value=0.0429, p=0.7, p_adjusted=1.0, case="DIG-5",
        reason="the interval reaches across the edge of the criterion; about 3,204 more samples would settle it at "
        "these rates",
    ),
    CheckVerdict(
        name="nobody", slice="site = 'z'", metric="accuracy", criterion=">= 0.9", n=0, estimate=None, low=None,
        high=None, verdict="inconclusive", reason="no sample in the slice",
    ),
    CheckVerdict(
        name="loss", slice="all", metric="loss", criterion="<= 2", n=1, estimate=1.5, low=0.0, high=None,
        verdict="inconclusive", value=1.5, reason="too few samples that differ to say how sure the mean is",
    ),
)  # fmt: skip


def result(*checks: CheckVerdict, verdict: str = "fail") -> GateResult:
    return GateResult(
        verdict=verdict,
        checks=checks or CHECKS,
        source="visits_v2.parquet",
        baseline="visits_v1.parquet",
        rows=20190,
        pairs=20190,
        roles={"truth": "truth", "prediction": "prediction", "group": "person_run"},
        notes=("20 rows of unknown outcome left out of every rate",),
    )
