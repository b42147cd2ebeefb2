"""What `repshift.compare` takes, and maps of three bands: ``python -m benchmarks.compare``.

The first: 2 x 200 maps of 64 x 64 through ``CMDNetwork(4, size=64)``, beside its bare forward pass in as large batches.
Recording is `repshift.record_grams`; "layers" are its forward pass with all layers kept, and the rest the products of
the Gram matrices, which grow with the square of the number of maps. Statistics are what test and intervals add.

The second: 48 maps of 256 x 256 in batches of 16 through ``CMDNetwork(4)``, of one and of three bands. The ratio of
their times over the ratio of their multiplications, of each round; the median of all rounds, and an interval that holds
the true median in 95 % of cases, by the binomial distribution.

CPU seconds, user and system, on one thread; each round begins one route later than the one before. System time is the
kernel's, on fresh memory, and varies most; so bands are also judged in user time alone.
"""

import argparse
import os
import statistics
from collections.abc import Callable
from functools import partial

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402 - numpy and torch read the environment when they are imported
import torch
from scipy import stats
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import repshift
from benchmarks.measuring import cpu_time_of, interleave
from benchmarks.workflow import say
from benchmarks.workload import make_maps, settle
from repshift.recording.known import for_one_call
from repshift.recording.representations import record_representations

_MAPS, _SIZE, _BATCH = 200, 64, 32
_MOST_PASSES, _MOST_SECONDS, _MOST_TIME_A_MULTIPLICATION = 1.3, 12.0, 1.05
"""Targets: recording over a bare forward pass, test and intervals, and three bands over one."""
_NOTHING = {"n_permutations": 0, "n_resamples": 0}


def bare(network: nn.Module, maps: Tensor, batch_size: int) -> None:
    """Run all maps through a network."""
    with torch.inference_mode():
        for start in range(0, len(maps), batch_size):
            network(maps[start : start + batch_size])


def network_of(maps: Tensor) -> nn.Module:
    """Return CMD's network for some maps, its batch norms settled on them."""
    torch.manual_seed(0)
    network = repshift.networks.CMDNetwork(4, channels=maps.shape[1], size=maps.shape[-1])
    settle(network, maps[:48])
    return network


def multiplications(network: nn.Module, maps: Tensor) -> tuple[float, float]:
    """Return how many there are: of the forward pass of all maps, and of the Gram matrices, which are symmetric."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(maps[:1])
    units = sum(one.shape[1] for one in record_representations(network, maps[:1], batch_size=1).values())
    return len(maps) * counter.get_total_flops() / 2, len(maps) * (len(maps) + 1) / 2 * units


def against(value: float, most: float) -> str:
    """Return a measured value beside its target, and whether it meets it."""
    return f"{value:.3g} (target: at most {most:g}; met: {'yes' if value <= most else 'no'})"


def time_compare(rounds: int) -> None:
    """Print what a call takes."""
    maps = make_maps(2 * _MAPS, _SIZE)
    network, sides = network_of(maps), (maps[:_MAPS], 1.5 * maps[_MAPS:])
    quick = for_one_call(network, maps, layers=None, device="cpu").network
    routes: dict[str, Callable[[], object]] = {
        "bare": partial(bare, network, maps, _BATCH),
        "layers": partial(record_representations, quick, maps, batch_size=_BATCH, order="memory"),
        "recording": partial(repshift.record_grams, network, maps, batch_size=_BATCH),
        "call": partial(repshift.compare, network, *sides, **_NOTHING),
        "call with statistics": partial(repshift.compare, network, *sides),
    }
    for route in routes.values():
        route()
    found = interleave({name: partial(cpu_time_of, route) for name, route in routes.items()}, rounds=rounds)
    seconds = {name: [one.total for one in times] for name, times in found.items()}
    say(f"2 x {_MAPS} maps of {_SIZE} x {_SIZE}, medians of {rounds} rounds, CPU seconds (range; over bare):")
    for name, times in seconds.items():
        ratio = statistics.median(one / other for one, other in zip(times, seconds["bare"], strict=True))
        say(f"  {name:21} {statistics.median(times):6.2f} ({min(times):.2f} to {max(times):.2f}; {ratio:.2f})")
    parts = zip(seconds["call with statistics"], seconds["call"], strict=True)
    passes = zip(seconds["recording"], seconds["bare"], strict=True)
    recording = against(statistics.median(one / other for one, other in passes), _MOST_PASSES)
    say(f"  recording, in bare forward passes: {recording}")
    tests = against(statistics.median(one - other for one, other in parts), _MOST_SECONDS)
    say(f"  test and intervals, in CPU seconds: {tests}")
    of_pass, of_grams = multiplications(network, maps)
    say(f"  multiplications of the Gram matrices, over those of the forward pass: {of_grams / of_pass:.2f}")


def time_bands(rounds: int) -> None:
    """Print how long maps of three bands take for a multiplication of one of those of one band."""
    routes, counts = {}, {}
    for bands in (1, 3):
        maps = torch.cat([make_maps(48).roll(7 * band, -1) for band in range(bands)], dim=1)
        network = network_of(maps)
        routes[bands] = partial(repshift.record_grams, network, maps, batch_size=16)
        counts[bands] = sum(multiplications(network, maps))
        routes[bands]()
    found = interleave({bands: partial(cpu_time_of, route) for bands, route in routes.items()}, rounds=rounds)
    more = counts[3] / counts[1]
    say(f"three bands over one, a multiplication ({more:.4f} times as many), {rounds} ratios:")
    for clock in ("total", "user"):
        one, three = ([getattr(time, clock) for time in found[bands]] for bands in (1, 3))
        ratios = sorted(second / first / more for first, second in zip(one, three, strict=True))
        place = max(int(stats.binom.ppf(0.025, rounds, 0.5)), 1)
        ends = f"[{ratios[place - 1]:.3f}, {ratios[rounds - place]:.3f}], range {ratios[0]:.3f} to {ratios[-1]:.3f}"
        seconds = f"{statistics.median(one):.3f} and {statistics.median(three):.3f} s"
        say(f"  {clock:5} median {statistics.median(ratios):.3f}, interval {ends}; medians {seconds}")
        say(f"        {against(statistics.median(ratios), _MOST_TIME_A_MULTIPLICATION)}")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of the call")
    parser.add_argument("--ratios", type=int, default=15, help="rounds of the bands")
    given = parser.parse_args()
    torch.set_num_threads(1)
    time_compare(given.rounds)
    time_bands(given.ratios)


if __name__ == "__main__":
    main()
