"""Every slice of depth 1 to 3 of a planted file, counted by DuckDB: one GROUP BY per set of columns.

It counts and does no more: no threshold, no peeling. Factors are ENUM, which DuckDB groups fastest.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import combinations

import duckdb


def main(path: str) -> None:
    db = duckdb.connect()
    described = db.execute("select * from read_parquet(?) limit 0", [path]).description
    names = [column[0] for column in described if column[0] not in ("truth", "prediction")]
    for name in names:
        db.execute(f'create type "{name}_t" as enum (select distinct "{name}" from read_parquet(\'{path}\'))')
    columns = ", ".join(f'"{name}"::"{name}_t" as "{name}"' for name in names)
    db.execute(
        f"create table t as select {columns}, (truth <> prediction)::utinyint as failed from read_parquet('{path}')"
    )
    (rows,) = db.execute("select count(*) from t").fetchone()
    start = time.process_time()
    queries = slices = 0
    for depth in (1, 2, 3):
        for chosen in combinations(names, depth):
            by = ", ".join(f'"{name}"' for name in chosen)
            found = db.execute(
                f"select {by}, count(*), sum(failed) from t group by {by} having count(*) >= ?", [rows // 100]
            ).fetchall()
            queries, slices = queries + 1, slices + len(found)
    cpu = time.process_time() - start
    print(json.dumps({"search_cpu_s": cpu, "queries": queries, "slices": slices, "version": duckdb.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
