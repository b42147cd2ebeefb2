"""Make the maps of the example; with ``--train`` also its weights, in half a minute.

Two suites of periodic maps with a power spectrum P(k) = amplitude^2 k^slope: Smooth ones are Gaussian; Clumpy ones have
the same spectrum but a skewed distribution of pixels, which the network has never seen.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from network import residual
from torch.nn.functional import gaussian_nll_loss

HERE = Path(__file__).parent
SIZE = 32
NAMES = ("amplitude", "slope")
LOWEST, HIGHEST = (0.5, -3.0), (1.5, -1.0)

Floats = npt.NDArray[np.float32]


def draw(rng: np.random.Generator, n_maps: int, *, clumpy: bool) -> tuple[Floats, Floats]:
    """Return maps (n_maps, size, size) and their labels (n_maps, 2)."""
    labels = rng.uniform(LOWEST, HIGHEST, size=(n_maps, len(NAMES)))
    modes = np.fft.fftfreq(SIZE, 1 / SIZE)
    wave_number = np.hypot(modes[:, None], modes)
    wave_number[0, 0] = np.inf
    white = np.fft.fft2(rng.normal(size=(n_maps, SIZE, SIZE)))
    maps = np.fft.ifft2(white * wave_number ** (labels[:, 1, None, None] / 2)).real
    maps /= maps.std(axis=(1, 2), keepdims=True)
    if clumpy:
        maps = np.exp(maps)
        maps = (maps - maps.mean(axis=(1, 2), keepdims=True)) / maps.std(axis=(1, 2), keepdims=True)
    return (labels[:, 0, None, None] * maps).astype(np.float32), labels.astype(np.float32)


def write_fits(maps: Floats, path: Path) -> None:
    """Write maps as the primary image of a FITS file, as astropy.io.fits would."""
    n_maps, size, _ = maps.shape
    values = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 3, "NAXIS1": size, "NAXIS2": size, "NAXIS3": n_maps}
    header = "".join(f"{name:8}= {value:>20}".ljust(80) for name, value in values.items()) + "END"
    content = maps.astype(">f4").tobytes()
    path.write_bytes(header.ljust(2880).encode() + content + b"\0" * (-len(content) % 2880))


def make_maps(folder: Path) -> None:
    """Write 60 maps of each suite, one as .npy, the other as FITS, with their tables of labels."""
    folder.mkdir(exist_ok=True)
    for number, suite in enumerate(("Smooth", "Clumpy")):
        maps, labels = draw(np.random.default_rng([1, number]), 60, clumpy=suite == "Clumpy")
        np.save(folder / f"{suite}.npy", maps) if number == 0 else write_fits(maps, folder / f"{suite}.fits")
        np.savetxt(folder / f"{suite}.csv", labels, delimiter=",", header=",".join(NAMES), comments="", fmt="%.6f")


def train(path: Path, *, epochs: int = 10, batch_size: int = 50, learning_rate: float = 5e-3) -> None:
    """Train the network on 2000 smooth maps, the same on every run, and write its state dict."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    maps, labels = map(torch.from_numpy, draw(np.random.default_rng(2), 2000, clumpy=False))
    network = residual(width=12, blocks=3)
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    steps = epochs * len(maps) // batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(maps)).split(batch_size):
            mean, std = network(maps[batch, None]).chunk(2, dim=1)
            optimiser.zero_grad()
            gaussian_nll_loss(mean, labels[batch], std**2).backward()
            optimiser.step()
            schedule.step()
    torch.save(network.state_dict(), path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="train the network again")
    make_maps(HERE / "maps")
    if parser.parse_args().train:
        train(HERE / "weights.pt")
