"""Facts of a catalog: runs, findings, gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from errata.client.pictures import Pictures
from errata.client.report import Report
from errata.client.roles import names_of, role_arguments, roles_of
from errata.client.transport import Local, Transport, not_remote, run_name
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store.findings import StoredFinding
from errata.store.gates import Gate

if TYPE_CHECKING:
    from errata.client.compare import Comparison
    from errata.client.drift import Drift
    from errata.nouns.late_truth import LateTruth
    from errata.nouns.source import Source
    from errata.verbs.looking import Looked

Rows = list[dict[str, Any]]
_OUTCOMES = {True: "failed", False: "passed", None: "any"}


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
        found: list[Run] = self._transport.ask(
            "run versions",
            rows=self._transport.lend(data, quarantine=quarantine, tz=tz),
            model_from=model_from,
            model=model,
            dataset=dataset,
            quarantine=quarantine,
            tz=tz,
            params=dict(params or {}),
            seed=seed,
            repeat=repeat,
            environment=dict(environment or {}),
            allow_unknown=allow_unknown,
            roles=roles_of(roles).to_json(),
        )
        return found

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
        rows = self._transport.lend(data, quarantine=quarantine, tz=tz)
        said = {"id": id, "truth": truth, "replace": replace, "reason": reason, "quarantine": quarantine, "tz": tz}
        found: LateTruth = self._transport.ask("run truth", number=number, rows=rows, **said)
        return found

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
        from errata.verbs.audits import checked_costs, chosen

        for name in {"nodes", "strata", "fairness", "heatmap", "embedding", "stages"} & set(options):
            options[name] = names_of(options[name])
        traffic, train = options.get("traffic"), options.pop("train", None)
        for name, rows in (("traffic", traffic), ("train", train)):
            options[name] = self._transport.lend(rows, quarantine=quarantine, tz=tz)
        split = options.get("split")
        if options.get("only") is not None:
            options["only"] = names_of(options["only"])
        choosing = {"all", "only", "nodes", "fairness", "traffic", "heatmap", "stages", "split"} & set(options)
        if (choosing or train is not None) and "analyses" not in options:
            every, only = options.pop("all", False), options.pop("only", None)
            added = {name: bool(options.get(name)) for name in ("nodes", "fairness", "heatmap", "stages")}
            added |= {"adequacy": traffic is not None, "holdout": train is not None or split is not None}
            options["analyses"] = chosen(every, only, **added)
        options["costs"] = checked_costs(options.get("costs") or {})
        roles = {name: options.pop(name) for name in role_arguments(options)}
        told = given or roles_of(roles)
        reading = {"roles": told.to_json(), "as_of": as_of, "quarantine": quarantine, "tz": tz}
        return Report.of(self._transport.work("report", progress, run=f"run:{number}", **reading, **options))

    def source(self, number: int) -> Source:
        """The rows of a run's predictions, column by column. Raises NotFound."""
        from errata.verbs.drift_run import side_of_run

        if not isinstance(self._transport, Local):
            raise not_remote("reading the rows of a run", f"name it where rows are wanted: traffic='run:{number}'")
        return side_of_run(self._transport.store, number, roles_of({})).source

    def report(self, number: int) -> Report | None:
        """The newest stored report of a run; None when it was not analysed. Raises NotFound."""
        found = self._transport.ask("run report", number=number)
        return Report.of(found) if found is not None else None

    def samples(
        self, number: int, slice: str = "all", limit: int = 200, failed: bool | None = True, seed: int = 0
    ) -> Rows:
        """Samples of any slice of a run, as ``findings.samples`` gives them."""
        outcome = _OUTCOMES[failed]
        found = self._transport.ask("run samples", number=number, slice=slice, limit=limit, outcome=outcome, seed=seed)
        return self._looked(found)

    def rows(self, number: int, rows: Iterable[int]) -> Rows:
        """The samples in these rows (from 0) of a run, in this order, as ``findings.samples`` gives them."""
        named = ",".join(str(row) for row in rows)
        return self._looked(self._transport.ask("run rows", number=number, rows=named))

    def elsewhere(self, number: int, id: str | int) -> Sequence[Any]:
        """The sample of this id in other runs on a dataset of the same name: row, prediction, score, outcome."""
        found: Sequence[Any] = self._transport.ask("run elsewhere", run=number, id=id)
        return found

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
        from errata.client.compare import Comparison

        sides = self._sides(a, b, quarantine, tz, roles)
        return Comparison.of(self._transport.work("compare", progress, **sides, **options))

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
        from errata.client.drift import Drift

        sides = self._sides(a, b, quarantine, tz, roles)
        return Drift.of(self._transport.work("drift", progress, **sides, min_effect=min_effect))

    def _sides(
        self, a: Any, b: Any, quarantine: bool, tz: str | None, roles: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        reading: dict[str, Any] = {"quarantine": quarantine, "tz": tz}
        lent = {name: self._transport.lend(data, **reading) for name, data in (("a", a), ("b", b))}
        return {**lent, **reading, "roles": roles_of(roles or {}).to_json()}

    def _looked(self, found: Looked) -> Rows:
        self._pictures.keep(found.pictures)
        return [dict(one) for one in found.samples]

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
        chosen = {"kind": kind, "slice": slice, "limit": limit, "seed": seed}
        found = self._transport.ask("run changed", a=a, b=b, **chosen, **options)
        return self._looked(found), found.total

    def image(self, number: int, row: int) -> tuple[bytes, str] | None:
        """The picture of one row (0-based) and its media type; None when it has none that a page can show."""
        return self._transport.picture(number, row)


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
        found: Looked = self._transport.ask(
            "finding samples", number=number, limit=limit, outcome=_OUTCOMES[failed], seed=seed
        )
        self._pictures.keep(found.pictures)
        return [dict(one) for one in found.samples]


class Gates:
    """``catalog.gates``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def run(self, number: int, baseline: int | None = None, **options: Any) -> Any:
        """Ask every check of the project on a run, store the verdicts, reopen what came back; a GateResult.

        Its ``number`` of the stored gate is the newest of ``list(number)``. Raises UsageError ``no-checks``.
        """
        from errata.client.answers import gate_result
        from errata.core.names import parse_fact

        if isinstance(self._transport, Local):
            from errata.verbs.gate_run import gate_run

            return gate_run(self._transport.store, number, baseline, **options)[0]
        asked = {"checks" if name == "chosen" else name: value for name, value in options.items()}
        done = self._transport.work("gate", run=f"run:{number}", baseline=run_name(baseline), **asked)
        return gate_result(self.get(parse_fact(done["gate"], "gate")).result)

    def list(self, run: int | None = None) -> list[Gate]:
        """Every gate, newest first; of one run when given."""
        found: list[Gate] = self._transport.ask("gate list", run=run)
        return found

    def get(self, number: int) -> Gate:
        """One stored gate. Raises NotFound."""
        found: Gate = self._transport.ask("gate get", number=number)
        return found
