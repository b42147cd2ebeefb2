"""A network, maps and labels of a new user, who has nothing else. No test."""

import numpy as np

from repshift.__main__ import main

NETWORK = '''
import numpy as np
import torch
from torch import nn

class Reader(nn.Module):
    """Reads maps of any size, or of one."""

    def __init__(self, answers=4, bands=1, size=None, is_share=False):
        super().__init__()
        self.first = nn.Conv2d(bands, 3, 3, padding=1)
        self.rest = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Flatten() if size else nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(3 * size**2 if size else 3, answers)
        self.last = nn.Softmax(dim=1) if is_share else nn.Identity()

    def forward(self, maps):
        return self.last(self.head(self.rest(self.first(maps))))

def broken():
    raise KeyError("no such survey")

def leaving():
    raise SystemExit("no licence")

def talking():
    print("hello from the network")
    return Reader()

def growing(widths=[1]):
    widths.append(widths[-1] + 1)
    return Reader(answers=widths[-1])

def choosy():
    class Choosy(Reader):
        def forward(self, maps):
            assert maps.shape[-1] == 224, "input size 8 is not 224"
    return Choosy()

def overflowing():
    class Overflowing(Reader):
        def forward(self, maps):
            return super().forward(maps) / 0
    return Overflowing()

def naming():
    class Naming(Reader):
        def forward(self, maps):
            return {"logits": super().forward(maps)}
    return Naming()

def constant():
    class Constant(Reader):
        def forward(self, maps):
            return super().forward(maps) + self.rest[1](self.head.bias.expand(len(maps), -1))
    return Constant()

def root(maps):
    return np.sqrt(maps)

def blended(maps):
    return maps - maps.mean()

def torn(maps):
    raise ValueError("no root of that")

class Half(Reader):
    """One answer a map near 0.5, a logit."""

    def __init__(self, last=nn.Identity(), gate=False):
        super().__init__(answers=1, bands=3)
        self.last, self.gate = last, gate
        nn.init.normal_(self.head.weight, std=0.01), nn.init.constant_(self.head.bias, 0.5)

    def forward(self, maps):
        answers = super().forward(maps)
        return answers * torch.sigmoid(answers) if self.gate else answers

def half():
    return Half()

def share():
    return Half(last=nn.Sigmoid())

def gated():
    return Half(gate=True)

def drawn():
    class Drawn(Half):
        def forward(self, maps):
            return super().forward(maps).sigmoid().clone()
    return Drawn()

def flat():
    class Flat(Reader):
        def forward(self, maps):
            return super().forward(maps)[:, 0]
    return Flat()

def linear():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
'''


def write_user(folder, code, *, sign=1.0):
    """Write maps of two suites, positive or not, with labels, and return the words of `repshift new`."""
    rng = np.random.default_rng(3)
    for name in ("sims", "sky"):
        values = sign * rng.lognormal(size=(12, 8, 8))
        np.save(folder / f"{name}.npy", values.astype(np.float32))
        rows = "".join(f"{name}_{row},{rng.uniform():.3f},{rng.uniform():.3f}\n" for row in range(12))
        (folder / f"{name}.csv").write_text(f"object,mass,age\n{rows}")
    return {
        "network": ["inspected_network:Reader"],
        "path": [str(code)],
        "maps": [f"sims={folder / 'sims.npy'}", f"sky={folder / 'sky.npy'}"],
        "labels": [f"sims={folder / 'sims.csv'}", f"sky={folder / 'sky.csv'}"],
        "output": [str(folder / "own.yaml")],
    }


def new(words, **changes):
    """Call `repshift new` with some options in the place of others, none where they are None."""
    asked = {name: value for name, value in {**words, **changes}.items() if value is not None}
    return main(["new", *(word for name, value in asked.items() for word in (f"--{name}", *value))])


def said(captured):
    """Return the sentences of what is to be mended."""
    lines = captured.err.splitlines()
    return [line.removeprefix("repshift: error: ") for line in lines if line.startswith("repshift: error: ")]
