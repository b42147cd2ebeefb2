"""What a log says of a transfer: a few lines, with rate and time left."""

import logging

import pytest

from repshift.cli import progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO)
    return caplog


def test_a_log_says_rate_and_time_left(clock, log):
    with progress.transfer("maps.npy") as watch:
        watch(100_000_000, 500_000_000)
        clock[0] += 10
        watch(300_000_000, 500_000_000)
    assert log.messages == [
        "maps.npy: 100.0 of 500.0 MB",
        "maps.npy: 300.0 of 500.0 MB, 20.0 MB/s, 10 s left",
    ]


def test_a_log_has_at_most_a_line_a_second_and_fifty_in_all(clock, log):
    with progress.transfer("maps.npy") as watch:
        for done in range(0, 1001):
            watch(done, 1000)
            clock[0] += 0.5
    assert 40 <= len(log.messages) <= 52
    assert "1000" not in log.messages[0]
    assert log.messages[-1].startswith("maps.npy: 0.0 of 0.0 MB")


def test_the_last_byte_is_always_said(clock, log):
    with progress.transfer("study.db") as watch:
        watch(0, 10)
        watch(10, 10)
    assert len(log.messages) == 2
