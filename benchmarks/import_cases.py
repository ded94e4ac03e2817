"""Bulk import of cases into an empty SQLite catalog, and the same file again.

    python -m benchmarks.import_cases [--cases 20000] [--runs 3] [--profile]

Each line is made up after the cases of real catalogs: a title, paragraphs, dates, models, a timeline, two labels of the
shipped failure modes (one with the words that it rests on) and two links. Elapsed seconds are what a person waits,
CPU-seconds what it costs.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from errata.nouns.vocabulary import VocabularyBody, shipped
from errata.store.making import init_store
from errata.verbs.import_cases import import_cases
from errata.verbs.vocabulary import add_vocabulary

FAILURE_MODES = cast(VocabularyBody, shipped("failure-mode"))
WORDS = "\n".join(concept.meaning() for concept in FAILURE_MODES.concepts.values()).split()
MODELS = [f"{name}@{version}" for name in ("leaflet-qa", "router", "lane-keeper", "triage") for version in range(1, 9)]


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words)).capitalize() + "."


def line(rng: random.Random, number: int, terms: list[str]) -> dict[str, Any]:
    summary = " ".join(sentence(rng, 14) for _ in range(4))
    day = f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    labels = [{"term": term} for term in rng.sample(terms, 2)]
    return {
        "id": f"T-{number:06}",
        "title": sentence(rng, 7),
        "case_kind": rng.choice(["incident", "near-miss", "exercise", "evaluation"]),
        "why": sentence(rng, 12),
        "summary": summary,
        "occurred": rng.choice([day, day[:7]]),
        "models": rng.sample(MODELS, 2),
        "systems": [rng.choice(["pharmacy", "depot", "hotline", "archive"])],
        "expected": sentence(rng, 10),
        "observed": sentence(rng, 12),
        "cause": sentence(rng, 10),
        "timeline": [{"at": day, "what": sentence(rng, 6)}, {"at": day, "what": sentence(rng, 6)}],
        "owner": rng.choice(["ada", "grace", "edsger"]),
        "labels": [{**labels[0], "spans": [{"field": "summary", "start": 0, "end": 20}]}, labels[1]],
        "links": [
            {"predicate": "wasInfluencedBy", "object": f"ticket:OPS-{number}"},
            {"predicate": "hadPrimarySource", "object": f"https://tracker.example/{number}"},
        ],
    }


def once(file: Path, cases: int, names: tuple[str, ...] = ("first", "again")) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        store, _ = init_store(Path(folder), "bench")
        add_vocabulary(store, "failure-mode")
        said: dict[str, float] = {}
        for name in names:
            clock, cpu = time.perf_counter(), time.process_time()
            found = import_cases(store, str(file), source="tracker")
            said[f"{name}_s"], said[f"{name}_cpu_s"] = time.perf_counter() - clock, time.process_time() - cpu
            assert (len(found.new), found.same) == ((cases, 0) if name == "first" else (0, cases))
        store.close()
    return said


def main() -> None:
    """Print the median costs as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_cases", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="show where the time goes, of one run")
    given = parser.parse_args()
    terms = [f"failure-mode:{FAILURE_MODES.path(at)}" for at in FAILURE_MODES.living()]
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.jsonl"
        file.write_text("".join(json.dumps(line(rng, number, terms)) + "\n" for number in range(given.cases)))
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(once, file, given.cases, ("first",))
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            return
        runs = [once(file, given.cases) for _ in range(given.runs)]
        size = file.stat().st_size
    costs = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    rates = {f"{name}_per_s": given.cases / costs[f"{name}_s"] for name in ("first", "again")}
    said = {"cases": given.cases, "bytes_a_case": size / given.cases, **costs, **rates}
    print(json.dumps({name: round(value, 2) for name, value in said.items()}))


if __name__ == "__main__":
    main()
