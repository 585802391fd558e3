"""Prints, as JSON, the version of a module and the library that multiplies its matrices (null if unknown).

Fails if the module is missing.
"""

import importlib
import json
import re
import sys

version = importlib.import_module(sys.argv[1]).__version__
try:
    with open("/proc/self/maps") as maps:
        libraries = sorted(set(re.findall(r"/(lib[^/\s]*(?:blas|mkl|blis)[^/\s]*)$", maps.read(), re.MULTILINE)))
except FileNotFoundError:  # Not Linux.
    libraries = []
# Debian's libblas may be an interface to a faster library.
behind = [library for library in libraries if not library.startswith("libblas.")]
print(json.dumps({"version": version, "blas": next(iter(behind + libraries), None)}))
