#!/usr/bin/env bash
# Guess: torch.use_deterministic_algorithms(True) sets a flag, as torch.set_num_threads does: its cost is nothing.
# Instead: its first call imports torch's compiler (torch._inductor, torch._dynamo) and, through it, sympy: hundreds of
# modules, over half a second and over 50 MB, in every process that asks for deterministic algorithms, also in one that
# compiles nothing. torch.set_deterministic_debug_mode("error"), which its documentation calls an alternative interface,
# sets the same flag and imports nothing.
# Source: torch/__init__.py of the version below, use_deterministic_algorithms: "import torch._inductor.config"; seen when
# a job that runs a small network took 70 MB more than its tensors held.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "torch==2.13.0" "numpy==2.4.6"

measure() { # what the call imports, its seconds, and the memory that the process then has more
    venv/bin/python - "$1" <<'PYTHON'
import resource, sys, time
import torch
calls = {
    "use_deterministic_algorithms": lambda: torch.use_deterministic_algorithms(True),
    "set_deterministic_debug_mode": lambda: torch.set_deterministic_debug_mode("error"),
}
modules, peak, start = set(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
calls[sys.argv[1]]()
seconds = time.process_time() - start
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
found = set(sys.modules) - modules
packages = sorted({name.partition(".")[0] for name in found} & {"sympy", "mpmath", "torch"})
print(f"torch {torch.__version__} {sys.argv[1]}: deterministic {torch.are_deterministic_algorithms_enabled()}, "
      f"{len(found)} modules imported of {packages}, {seconds:.2f} s, {more:.0f} MiB")
heavy = "sympy" in sys.modules and "torch._dynamo" in sys.modules
expected = sys.argv[1] == "use_deterministic_algorithms"
sys.exit(0 if heavy == expected and torch.are_deterministic_algorithms_enabled() else 1)
PYTHON
}
measure use_deterministic_algorithms || { echo "Changed: the call no longer imports the compiler."; exit 1; }
measure set_deterministic_debug_mode || { echo "Changed: the other call imports it too, or sets no flag."; exit 1; }
echo "One of two calls that set the same flag imports the compiler."
