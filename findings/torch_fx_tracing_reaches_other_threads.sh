#!/usr/bin/env bash
# Guess: torch.fx.symbolic_trace(network) reads one network; what other threads do with other networks is their own, as
# with a forward hook or an inference pass.
# Instead: while a network is traced, the call of every torch.nn.Module of the process is patched. A forward pass of
# another network, in another thread, that falls into it is taken for a part of the traced one and raises
# "NameError: module is not installed as a submodule". Tracing takes milliseconds, so it fails rarely and at random: a
# server or a data loader that runs a network in a thread beside code that traces is enough.
# Source: torch/fx/_symbolic_trace.py of the version below, Tracer.trace: patch_method(torch.nn.Module, "__call__", ...);
# seen when a network was recorded, which is traced first, while another answered. A tracer whose call_module calls the
# forward pass where threading.get_ident() is another lets other threads go on: the second half.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "torch==2.13.0" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
import sys, threading
import torch
from torch import fx, nn

class OfOneThread(fx.Tracer):
    def __init__(self):
        super().__init__()
        self.thread = threading.get_ident()

    def call_module(self, module, forward, args, kwargs):
        if threading.get_ident() != self.thread:
            return forward(*args, **kwargs)
        return super().call_module(module, forward, args, kwargs)

def beside(tracer):
    """Trace a network twenty times while another thread runs its own; return how its forward passes ended."""
    traced = nn.Sequential(*(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.ReLU()) for _ in range(60)))
    answering, given = nn.Sequential(nn.Linear(4, 4), nn.ReLU()), torch.ones(1, 4)
    ended, stopped = {"well": 0, "NameError": 0}, threading.Event()

    def work():
        while not stopped.is_set():
            try:
                answering(given)
                ended["well"] += 1
            except NameError as error:
                ended["NameError"] += 1
                ended["said"] = str(error)

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(20):
        tracer().trace(traced)
    stopped.set()
    thread.join()
    return ended

sys.setswitchinterval(1e-5)
plain, apart = beside(fx.Tracer), beside(OfOneThread)
print(f"torch {torch.__version__}, forward passes of another network in another thread while one is traced:")
print(f"  fx.Tracer: {plain}")
print(f"  a tracer that leaves other threads alone: {apart}")
sys.exit(0 if plain["NameError"] and not apart["NameError"] and apart["well"] else 1)
PYTHON
echo "Tracing one network breaks the forward passes of others, in other threads."
