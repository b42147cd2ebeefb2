"""Limit every linear algebra library to one thread, which only works before they are loaded, then measure."""

import os

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["TQDM_DISABLE"] = "1"

from benchmarks.run import main  # noqa: E402 - after the environment

main()
