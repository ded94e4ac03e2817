"""kill -9 at every instant that matters: the catalog opens, holds nothing half, and doctor removes what lies about."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.integrations.files import open_source
from errata.store.catalog import Store, open_store
from errata.store.making import init_store
from errata.verbs.doctor import doctor
from errata.verbs.late_truth import TruthOptions, add_truth
from errata.verbs.run import get_run, list_runs
from tests import forked
from tests.catalogs import log, predictions

INSTANTS = 60


def errata(fault: int | str, *words: str, cwd: Path | None = None) -> int:
    """The command's exit code when it is killed at this instant."""
    done = forked.errata(*words, cwd=cwd, ERRATA_FAULT=str(fault), ERRATA_ACTOR="grace")
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def sound(root: Path) -> Store:
    """The catalog opens and verifies; what was left behind is removed, and then there is nothing more."""
    store = open_store(root, actor="ada")
    found = doctor(store)
    assert found.faults == ()
    assert doctor(store).orphans == ()
    return store


@pytest.mark.slow
def test_log_killed_at_every_instant_leaves_the_run_whole_or_not_at_all(tmp_path: Path) -> None:
    pq.write_table(predictions(300), tmp_path / "preds.parquet")
    killed, left_behind = 0, 0
    for instant in range(1, INSTANTS):
        root = tmp_path / str(instant)
        init_store(root, "pets")[0].close()
        words = ("log", str(tmp_path / "preds.parquet"), "--model", "pets@1", "--dataset", "field@1")
        code = errata(instant, *words, "--catalog", str(root))
        store = open_store(root / ".errata")
        found = doctor(store)
        assert found.faults == ()
        left_behind += len(found.orphans)
        runs = list_runs(store)
        assert len(runs) in (0, 1)
        assert [run.rows for run in runs] in ([], [300])
        again = log(store, pq.read_table(tmp_path / "preds.parquet"))
        assert (again.number, again.known) == (1, bool(runs))
        assert doctor(store).orphans == ()
        store.close()
        if code == 0:
            break
        killed += 1
    assert killed >= 12, "the instants were not reached"
    assert left_behind > 0
    assert code == 0, "there are more instants than were tried"


@pytest.mark.slow
def test_late_truth_killed_at_every_instant_is_joined_or_not(tmp_path: Path) -> None:
    table = predictions(300)
    pq.write_table(table.select(["id", "truth"]), tmp_path / "labels.parquet")
    killed = 0
    for instant in range(1, INSTANTS):
        root = tmp_path / str(instant)
        store, _ = init_store(root, "pets")
        log(store, table.drop_columns("truth"), allow_unknown=True)
        store.close()
        words = ("log", str(tmp_path / "labels.parquet"), "--truth-for", "run:1", "--catalog", str(root))
        code = errata(instant, *words)
        store = sound(root / ".errata")
        run = get_run(store, 1)
        assert (len(run.parts), run.unknown) in ((2, 300), (4, 0))
        added = add_truth(store, open_source(tmp_path / "labels.parquet"), TruthOptions(run=1))
        assert added.known == (run.unknown == 0)
        assert get_run(store, 1).unknown == 0
        store.close()
        if code == 0:
            break
        killed += 1
    assert killed >= 8
    assert code == 0


@pytest.mark.slow
def test_versions_killed_at_many_instants_are_all_logged_or_none(tmp_path: Path) -> None:
    tables = [predictions(200, seed=seed).append_column("version", [[f"v{seed}"] * 200]) for seed in range(2)]
    pq.write_table(pa.concat_tables(tables), tmp_path / "preds.parquet")
    killed = 0
    for instant in range(2, INSTANTS, 4):
        root = tmp_path / str(instant)
        init_store(root, "pets")[0].close()
        words = ("log", str(tmp_path / "preds.parquet"), "--model", "pets", "--model-from", "version")
        code = errata(instant, *words, "--dataset", "field@1", "--catalog", str(root))
        store = sound(root / ".errata")
        assert [run.model for run in list_runs(store)] in ([], ["pets@v1", "pets@v0"])
        store.close()
        if code == 0:
            break
        killed += 1
    assert killed >= 5
    assert code == 0


@pytest.mark.slow
def test_a_case_killed_at_every_instant_is_opened_or_not(tmp_path: Path) -> None:
    from errata.verbs.record import history, list_records

    killed = 0
    for instant in range(1, INSTANTS):
        root = tmp_path / str(instant)
        store, _ = init_store(root, "pets")
        log(store, predictions(300))
        store.close()
        words = ("case", "open", "--run", "run:1", "--slice", "source = 'night'", "--title", "Night")
        code = errata(instant, *words, "--catalog", str(root))
        store = sound(root / ".errata")
        cases = list_records(store, "case")
        assert [len(history(store, case.key, "case")) for case in cases] in ([], [1])
        store.close()
        if code == 0:
            break
        killed += 1
    assert killed >= 6
    assert code == 0


@pytest.mark.slow
def test_an_import_killed_at_every_instant_is_whole_or_not_there(tmp_path: Path) -> None:
    import json

    from errata.verbs.record import list_records

    lines = [json.dumps({"id": str(at), "title": f"T {at}"}) for at in range(1200)]
    (tmp_path / "cases.jsonl").write_text("\n".join([*lines, "{}"]))
    killed = 0
    for instant in range(1, INSTANTS):
        root = tmp_path / str(instant)
        init_store(root, "pets")[0].close()
        words = ("import", "cases", str(tmp_path / "cases.jsonl"), "--source", "ops", "--quarantine")
        code = errata(instant, *words, "--catalog", str(root))
        store = sound(root / ".errata")
        assert len(list_records(store, "case")) in ((0, 1200) if code else (1200,))
        store.close()
        if code == 0:
            break
        killed += 1
    assert killed == 5
    assert code == 0


@pytest.mark.slow
def test_init_killed_leaves_no_half_catalog(tmp_path: Path) -> None:
    for instant in range(1, INSTANTS):
        root = tmp_path / str(instant)
        root.mkdir()
        code = errata(instant, "init", str(root), "--project", "pets")
        store, made = init_store(root, "pets")
        assert made == (code != 0)
        store.close()
        sound(root / ".errata").close()
        if code == 0:
            break
    assert code == 0
    assert instant > 1


@pytest.mark.slow
def test_writers_killed_at_random_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    import random
    import time

    store, _ = init_store(tmp_path, "pets")
    rng = random.Random(0)
    acknowledged: list[int] = []
    program = """
import sys
from pathlib import Path
from errata.store.catalog import open_store
from tests.catalogs import log, predictions
store = open_store(Path(sys.argv[1]))
for seed in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
    print(log(store, predictions(50, seed=seed)).number, flush=True)
"""
    for attempt in range(8):
        line = [sys.executable, "-c", program, str(store.root), str(100 * attempt)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(rng.random() * 0.3)
            process.kill()
            rest = process.stdout.read()
        lines = (first + rest).splitlines(keepends=True)
        acknowledged += [int(line) for line in lines if line.endswith("\n")]
    found = doctor(store)
    assert found.faults == ()
    numbers = [run.number for run in list_runs(store)]
    assert set(acknowledged) <= set(numbers)
    assert numbers == list(range(len(numbers), 0, -1))
    assert len(acknowledged) >= 8
    store.close()
