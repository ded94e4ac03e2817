"""Facts of a catalog: runs, findings, gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from errata.client.pictures import Pictures
from errata.client.report import Report
from errata.client.roles import names_of, role_arguments, roles_of
from errata.client.transport import Transport
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store.findings import StoredFinding
from errata.store.gates import Gate

if TYPE_CHECKING:
    from errata.client.compare import Comparison
    from errata.client.drift import Drift
    from errata.nouns.late_truth import LateTruth
    from errata.nouns.source import Source

Rows = list[dict[str, Any]]


class Runs:
    """``catalog.runs``."""

    def __init__(self, transport: Transport, pictures: Pictures) -> None:
        self._transport = transport
        self._pictures = pictures

    def log(
        self,
        data: Any = None,
        *,
        model: str,
        dataset: str | None = None,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        repeat: int | None = None,
        state: str = "complete",
        error: str | None = None,
        environment: Mapping[str, Any] | None = None,
        quarantine: bool = False,
        tz: str | None = None,
        allow_unknown: bool = False,
        **roles: Any,
    ) -> Run:
        """Log a path or a table (Arrow, pandas, Polars) as a run of ``model`` on ``dataset``, both ``NAME@VERSION``.

        ``roles`` are those of ``errata.analyze`` (``truth=…``, ``group=…``, ``image=…``). Without ``data`` the state is
        ``failed`` or ``aborted``. The same content again is a no-op: the run is returned with ``known`` True. Raises
        InputError for what cannot be used, Conflict for other samples under a known dataset version.
        """
        about = {
            "model": model,
            "dataset": dataset,
            "params": dict(params or {}),
            "seed": seed,
            "repeat": repeat,
            "state": state,
            "error": error,
            "environment": dict(environment or {}),
            "allow_unknown": allow_unknown,
            "quarantine": quarantine,
            "tz": tz,
        }
        found: Run = self._transport.upload(data, {**about, **roles})
        return found

    def log_versions(
        self,
        data: Any,
        *,
        model_from: str,
        model: str | None = None,
        dataset: str,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        repeat: int | None = None,
        environment: Mapping[str, Any] | None = None,
        quarantine: bool = False,
        tz: str | None = None,
        allow_unknown: bool = False,
        **roles: Any,
    ) -> Sequence[Run]:
        """Log one run for each model version in the column ``model_from``, in their order: all of them, or none.

        ``model`` is the name of the model; without it the column holds ``NAME@VERSION``. ``{version}`` in ``dataset``
        stands for the version, for versions that did not predict the same samples. Rows without a version are refused,
        or kept aside with ``quarantine``. The rest is as of ``log``.
        """
        from errata.client.analyze import source_of
        from errata.verbs.log_versions import log_versions

        return log_versions(
            self._transport.store,
            source_of(data, quarantine=quarantine, tz=tz),
            roles_of(roles),
            model_from=model_from,
            model=model,
            dataset=dataset,
            quarantine=quarantine,
            params=dict(params or {}),
            seed=seed,
            repeat=repeat,
            environment=dict(environment or {}),
            allow_unknown=allow_unknown,
        )

    def add_truth(
        self,
        number: int,
        data: Any,
        *,
        id: str | None = None,
        truth: str | None = None,
        replace: bool = False,
        reason: str = "",
        quarantine: bool = False,
        tz: str | None = None,
    ) -> LateTruth:
        """Join truth that came later (a path or a table of ids with truth) to a run; its outcomes are recomputed.

        ``id`` and ``truth`` are columns, else found by name. Truth that contradicts what is known is refused, unless it
        is to ``replace`` it for a ``reason``; the same truth again is a no-op, ``known`` True. Raises NotFound,
        InputError, Conflict.
        """
        from errata.client.analyze import source_of
        from errata.verbs.late_truth import TruthOptions, add_truth

        options = TruthOptions(run=number, id=id, truth=truth, replace=replace, reason=reason)
        return add_truth(self._transport.store, source_of(data, quarantine=quarantine, tz=tz), options)

    def list(self) -> list[Run]:
        """Every run, newest first, without environments."""
        found: list[Run] = self._transport.ask("run list")
        return found

    def get(self, number: int) -> Run:
        """One run, with its environment. Raises NotFound."""
        found: Run = self._transport.ask("run get", number=number)
        return found

    def analyze(
        self,
        number: int,
        progress: Any = None,
        *,
        given: Roles | None = None,
        as_of: int | None = None,
        quarantine: bool = False,
        tz: str | None = None,
        **options: Any,
    ) -> Report:
        """Analyse a run, store its findings and mark them. The same analysis is made once.

        ``as_of`` asks for earlier outcomes (1: as logged, 2: after the first late truth, …); that is not stored.

        ``options`` are those of ``errata.analyze`` from ``metric`` on (without ``allow_unknown``), and roles
        (``factors=…``, ``positive=…``), which count instead of those that the run was logged with. ``train`` and
        ``traffic`` are each a number of a run, ``"run:3"``, or data (``quarantine`` and ``tz`` are for reading it; an
        analysis with such a ``train`` is not stored). Raises NotFound, InputError.
        """
        from errata.verbs.analyze import AnalyzeOptions
        from errata.verbs.analyze_run import analyze_run
        from errata.verbs.audits import checked_costs, chosen

        for name in {"nodes", "strata", "fairness", "heatmap", "embedding", "stages"} & set(options):
            options[name] = names_of(options[name])
        traffic = _beside(options.get("traffic"), quarantine, tz)
        if traffic is not None:
            options["traffic"] = self.source(traffic) if isinstance(traffic, int) else traffic
        train, split = _beside(options.pop("train", None), quarantine, tz), options.get("split")
        choosing = {"all", "only", "nodes", "fairness", "traffic", "heatmap", "stages", "split"} & set(options)
        if (choosing or train is not None) and "analyses" not in options:
            every, only = options.pop("all", False), options.pop("only", None)
            added = {name: bool(options.get(name)) for name in ("nodes", "fairness", "heatmap", "stages")}
            added |= {"adequacy": traffic is not None, "holdout": train is not None or split is not None}
            options["analyses"] = chosen(every, only, **added)
        options["costs"] = checked_costs(options.get("costs") or {})
        roles = {name: options.pop(name) for name in role_arguments(options)}
        named = f"run:{train}" if isinstance(train, int) else None if train is None else train.name
        wanted = AnalyzeOptions(**options, train=named)
        told = given or roles_of(roles)
        return Report.of(analyze_run(self._transport.store, number, wanted, progress, told, as_of, train=train))

    def source(self, number: int) -> Source:
        """The rows of a run's predictions, column by column. Raises NotFound."""
        from errata.verbs.drift_run import side_of_run

        return side_of_run(self._transport.store, number, roles_of({})).source

    def report(self, number: int) -> Report | None:
        """The newest stored report of a run; None when it was not analysed. Raises NotFound."""
        found = self._transport.ask("run report", number=number)
        return Report.of(found) if found is not None else None

    def samples(
        self, number: int, slice: str = "all", limit: int = 200, failed: bool | None = True, seed: int = 0
    ) -> Rows:
        """Samples of any slice of a run, as ``findings.samples`` gives them."""
        from errata.verbs.finding import slice_samples

        samples, pictures, _ = slice_samples(self._transport.store, number, slice, "error", limit, failed, seed)
        self._pictures.keep(pictures)
        return [one.to_json() for one in samples]

    def rows(self, number: int, rows: Iterable[int]) -> Rows:
        """The samples in these rows (from 0) of a run, in this order, as ``findings.samples`` gives them."""
        from errata.verbs.finding import row_samples

        samples, pictures = row_samples(self._transport.store, number, list(rows))
        self._pictures.keep(pictures)
        return [one.to_json() for one in samples]

    def elsewhere(self, number: int, id: str | int) -> Sequence[Any]:
        """The sample of this id in other runs on a dataset of the same name: row, prediction, score, outcome."""
        from errata.verbs.elsewhere import elsewhere

        return elsewhere(self._transport.store, number, id)

    def compare(
        self,
        a: Any,
        b: Any,
        *,
        quarantine: bool = False,
        tz: str | None = None,
        progress: Any = None,
        roles: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Comparison:
        """Compare A with B: numbers of runs, or a path or table beside a run.

        ``roles`` are how a path or table is read, and count before those of a run. ``options`` are those of
        ``errata.compare``: ``metric``, ``depth``, ``min_support``, ``top``, ``seed``, ``bootstraps``, ``pair_by``,
        ``allow_different_truth``. Repeats of a run say which samples are flaky. Raises NotFound, InputError.
        """
        from errata.client.analyze import source_of
        from errata.client.compare import Comparison
        from errata.verbs.compare import CompareOptions
        from errata.verbs.compare_run import Compared, compare_sides, side_of_run

        given = roles_of(roles or {})
        old, new = (
            side_of_run(self._transport.store, data, given)
            if isinstance(data, int)
            else Compared(source_of(data, quarantine=quarantine, tz=tz), given)
            for data in (a, b)
        )
        return Comparison.of(compare_sides(self._transport.store, old, new, CompareOptions(**options), progress))

    def drift(
        self,
        a: Any,
        b: Any,
        *,
        min_effect: float = 0.02,
        quarantine: bool = False,
        tz: str | None = None,
        progress: Any = None,
        roles: Mapping[str, Any] | None = None,
    ) -> Drift:
        """Which columns drifted from A to B: numbers of runs, or a path or table beside a run.

        ``roles`` count before those of a run. Raises NotFound, InputError.
        """
        from errata.client.analyze import source_of
        from errata.client.drift import Drift
        from errata.verbs.drift import DriftOptions
        from errata.verbs.drift_run import Drifting, drift_sides, side_of_run

        given = roles_of(roles or {})
        old, new = (
            side_of_run(self._transport.store, data, given)
            if isinstance(data, int)
            else Drifting(source_of(data, quarantine=quarantine, tz=tz))
            for data in (a, b)
        )
        return Drift.of(drift_sides(old, new, given, DriftOptions(min_effect=min_effect), progress))

    def changed(
        self,
        a: int,
        b: int,
        kind: str = "newly_failing",
        slice: str = "all",
        limit: int = 200,
        seed: int = 0,
        **options: Any,
    ) -> tuple[Rows, int]:
        """Samples that fail newly (or ``newly_passing``) from run A to run B, and how many there are.

        Each is a row as ``findings.samples`` gives it, of B, with A's prediction as ``before``. Of more than ``limit``
        a seeded uniform draw. Raises NotFound, UsageError ``not-paired``.
        """
        from errata.verbs.compare import CompareOptions
        from errata.verbs.compare_run import changed_samples

        chosen = CompareOptions(**options)
        samples, pictures, total = changed_samples(self._transport.store, a, b, kind, slice, limit, seed, chosen)
        self._pictures.keep(pictures)
        return [one.to_json() for one in samples], total

    def image(self, number: int, row: int) -> tuple[bytes, str] | None:
        """The picture of one row (0-based) and its media type; None when it has none that a page can show."""
        from errata.verbs.finding import picture

        return picture(self._transport.store, number, row)


class Findings:
    """``catalog.findings``."""

    def __init__(self, transport: Transport, pictures: Pictures) -> None:
        self._transport = transport
        self._pictures = pictures

    def list(self, run: int | None = None) -> list[StoredFinding]:
        """The findings of every run's newest analysis, newest run first; of one run when given."""
        found: list[StoredFinding] = self._transport.ask("finding list", run=run)
        return found

    def get(self, number: int) -> StoredFinding:
        """One finding. Raises NotFound."""
        found: StoredFinding = self._transport.ask("finding get", number=number)
        return found

    def samples(self, number: int, limit: int = 200, failed: bool | None = True, seed: int = 0) -> Rows:
        """Samples of a finding's slice: ``row``, ``id``, ``group``, ``failed``, ``loss``, ``values``, ``image``.

        ``failed`` True gives those that count against the metric, False those that do not, None both. Of more than
        ``limit`` a seeded uniform draw. ``image`` is a digest and media type; ``catalog.blob`` gives its bytes.
        """
        from errata.verbs.finding import samples_of

        samples, pictures, _ = samples_of(self._transport.store, number, limit, failed, seed)
        self._pictures.keep(pictures)
        return [one.to_json() for one in samples]


class Gates:
    """``catalog.gates``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def run(self, number: int, baseline: int | None = None, **options: Any) -> Any:
        """Ask every check of the project on a run, store the verdicts, reopen what came back; a GateResult.

        Its ``number`` of the stored gate is the newest of ``list(number)``. Raises UsageError ``no-checks``.
        """
        from errata.verbs.gate_run import gate_run

        return gate_run(self._transport.store, number, baseline, **options)[0]

    def list(self, run: int | None = None) -> list[Gate]:
        """Every gate, newest first; of one run when given."""
        found: list[Gate] = self._transport.ask("gate list", run=run)
        return found

    def get(self, number: int) -> Gate:
        """One stored gate. Raises NotFound."""
        found: Gate = self._transport.ask("gate get", number=number)
        return found


def _beside(given: Any, quarantine: bool, tz: str | None) -> Any:
    """The number of the run that is named, or the rows that are given; None for none."""
    from errata.client.analyze import source_of
    from errata.core.names import names_run, parse_fact

    if given is None or isinstance(given, int) or hasattr(given, "batches"):
        return given
    if isinstance(given, str) and names_run(given):
        return parse_fact(given, "run")
    return source_of(given, quarantine=quarantine, tz=tz)
