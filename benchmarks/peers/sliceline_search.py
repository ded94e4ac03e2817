"""sliceline's search over a planted file, with its authors' score at alpha 0.95. Run in the peers' own environment."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pyarrow.parquet as pq
from sliceline.slicefinder import Slicefinder


def main(path: str) -> None:
    table = pq.read_table(path)
    failed = np.array(table["truth"].cast("string")) != np.array(table["prediction"].cast("string"))
    names = [name for name in table.column_names if name not in ("truth", "prediction")]
    codes = np.column_stack([table[name].combine_chunks().indices.to_numpy() for name in names]) + 1
    finder = Slicefinder(alpha=0.95, k=20, max_l=3, min_sup=table.num_rows // 100, verbose=False)
    start = time.process_time()
    finder.fit(codes, failed.astype(float))
    print(json.dumps({"search_cpu_s": time.process_time() - start, "version": version("sliceline")}))


if __name__ == "__main__":
    main(sys.argv[1])
