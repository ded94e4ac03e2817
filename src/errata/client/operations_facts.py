"""What can be asked of facts, of the captures made of them, and of jobs."""

from __future__ import annotations

from errata.client.operation import Operation

_LOOKING = "errata.verbs.looking"
_UPLOADED = "errata.verbs.uploaded"
_CAPTURE = "errata.verbs.capture"

FACTS = [
    Operation(name="run list", method="GET", path="/runs", verb="errata.verbs.run:list_runs", answers="runs"),
    Operation(name="run get", method="GET", path="/runs/{number}", verb="errata.verbs.run:get_run", answers="run"),
    Operation(
        name="run report", method="GET", path="/runs/{number}/report", verb="errata.verbs.run:stored_report",
        answers="report",
    ),
    Operation(
        name="finding list", method="GET", path="/findings", verb="errata.verbs.finding:list_findings",
        answers="findings",
    ),
    Operation(
        name="finding get", method="GET", path="/findings/{number}", verb="errata.verbs.finding:get_finding",
        answers="finding",
    ),
    Operation(name="gate list", method="GET", path="/gates", verb="errata.verbs.run:list_gates", answers="gates"),
    Operation(name="gate get", method="GET", path="/gates/{number}", verb="errata.verbs.run:get_gate", answers="gate"),
    Operation(
        name="job submit", method="POST", path="/jobs", verb="errata.verbs.job:submit_job", answers="job", makes=True
    ),
    Operation(name="job list", method="GET", path="/jobs", verb="errata.verbs.job:list_jobs", answers="jobs"),
    Operation(name="job get", method="GET", path="/jobs/{number}", verb="errata.verbs.job:get_job", answers="job"),
    Operation(
        name="job cancel", method="POST", path="/jobs/{number}/cancel", verb="errata.verbs.job:cancel_job",
        answers="job",
    ),
    Operation(
        name="job prune", method="POST", path="/pruned-jobs", verb="errata.verbs.prune_jobs:prune_jobs",
        answers="plain",
    ),
    Operation(
        name="run samples", method="GET", path="/runs/{number}/samples", verb=f"{_LOOKING}:samples_of_slice",
        answers="samples",
    ),
    Operation(
        name="run rows", method="GET", path="/runs/{number}/rows", verb=f"{_LOOKING}:samples_of_rows",
        answers="samples",
    ),
    Operation(
        name="run elsewhere", method="GET", path="/runs/{run}/elsewhere", verb="errata.verbs.elsewhere:elsewhere",
        answers="elsewheres",
    ),
    Operation(
        name="run changed", method="GET", path="/changes", verb=f"{_LOOKING}:samples_that_changed", answers="samples"
    ),
    Operation(
        name="run versions", method="POST", path="/run-versions", verb=f"{_UPLOADED}:log_versions_of", answers="runs"
    ),
    Operation(
        name="run truth", method="POST", path="/runs/{number}/truth", verb=f"{_UPLOADED}:add_truth_of",
        answers="late-truth",
    ),
    Operation(
        name="run capture", method="POST", path="/runs/{run}/capture", verb=f"{_CAPTURE}:capture", answers="captured"
    ),
    Operation(
        name="finding samples", method="GET", path="/findings/{number}/samples",
        verb=f"{_LOOKING}:samples_of_finding", answers="samples",
    ),
    Operation(
        name="candidates list", method="GET", path="/captures", verb=f"{_CAPTURE}:list_captures", answers="captures"
    ),
    Operation(
        name="candidates get", method="GET", path="/runs/{run}/candidates", verb=f"{_CAPTURE}:get_candidates",
        answers="candidates",
    ),
    Operation(
        name="candidates estimate", method="POST", path="/candidates/{digest}/estimate",
        verb=f"{_CAPTURE}:estimate_by", answers="estimate",
    ),
    Operation(name="models", method="GET", path="/models", verb="errata.verbs.profile:models", answers="plain"),
    Operation(name="profile", method="GET", path="/profile", verb="errata.verbs.profile:profile", answers="profile"),
]  # fmt: skip

WORKS = {
    "report": ("errata.verbs.asked:report_of", "report"),
    "compare": ("errata.verbs.asked:compare_rows", "comparison"),
    "drift": ("errata.verbs.asked:drift_rows", "drift"),
    "import": ("errata.verbs.import_cases:import_cases", "imported"),
    "doctor": ("errata.verbs.doctor:doctor", "diagnosis"),
    "reindex": ("errata.verbs.reindex:reindex", "reindexed"),
}
"""What takes long, by the kind of job that it is over the network: its verb here, and what both answer."""
TOLD = ("report", "compare", "drift", "import")
"""Those whose verb tells of its progress."""
