"""Inverts EASE's matrix with numpy.

Reads FOLDER/gram, a square of float32. Answers each line of stdin, {"type": "float32" | "float64", "columns": n}, with
a line of JSON, the milliseconds of the inverse, and writes its first n columns as float32 to FOLDER/inverse.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def main(folder, size):
    for line in sys.stdin:
        request = json.loads(line)
        # Read each time, untimed, so that no copy is in memory during the inverse.
        gram = np.fromfile(folder / "gram", np.float32).reshape(size, size).astype(request["type"], copy=False)
        started_at = time.perf_counter()
        inverse = np.linalg.inv(gram)
        ms = (time.perf_counter() - started_at) * 1000
        inverse[:, : request["columns"]].astype(np.float32).tofile(folder / "inverse")
        del gram, inverse
        print(json.dumps({"ms": ms}), flush=True)


main(Path(sys.argv[1]), int(sys.argv[2]))
