"""A bar on a terminal and in a notebook, silence elsewhere."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from torch import nn

import repshift
from repshift.recording import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def kernel(monkeypatch):
    """A kernel without widgets."""
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(progress_bar, "find_spec", lambda name: None)


def record(rng):
    network = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    repshift.record_minibatch_grams(network, rng.normal(size=(12, 8)).astype(np.float32), batch_size=4)


def test_a_pipe_stays_silent(rng, capfd):
    record(rng)
    with progress_bar.bar(3, "batches") as advance:
        advance()
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_a_bar(rng, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    record(rng)
    assert "batches recorded" in terminal.getvalue()


def test_a_notebook_shows_a_bar(rng, kernel, monkeypatch):
    monkeypatch.setattr(sys, "stderr", held := io.StringIO())
    record(rng)
    assert "batches recorded" in held.getvalue()


def test_a_single_step_has_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar.bar(1, "batches") as advance:
        advance()
    assert terminal.getvalue() == ""


def test_a_shell_without_a_kernel_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: object()))
    assert progress_bar.new_bar(total=2).disable
