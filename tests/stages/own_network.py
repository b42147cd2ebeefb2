"""Maps and a network of one's own, and the stages run on them. No test."""

import numpy as np

from case_inputs import on_case
from repshift.networks.channels import Preprocessing
from repshift.stages import activations as stage
from repshift.stages import cka, predictions
from repshift.stages.grams import multiply as grams
from repshift.stages.grams import record
from repshift.stages.maps import measure as measure_action
from repshift.stages.models.network import run as take_network
from repshift.storage.functions import Constructor
from repshift.vocabulary import Domain

HOME = Domain("home", "Smooth", "test", "all")
AWAY = Domain("away", "Clumpy", "test", "all")
OUTPUTS = ["amplitude", "slope"]
NETWORK = """
import torch
from torch import nn
from torch.nn import functional

class Small(nn.Module):
    def __init__(self, width, answers=4, scale=1.0):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(width, answers)

    def forward(self, maps):
        features = functional.relu(self.first(maps))
        features = self.dropout(features + functional.relu(self.second(features)))
        return self.head(features.mean(dim=(2, 3)))

class Faint(Small):
    def forward(self, maps):
        features = functional.relu(1 + 1e-7 * self.first(maps))
        return self.head(functional.relu(self.second(features)).mean(dim=(2, 3)))

class Narrow(Small):
    def forward(self, maps):
        features = functional.relu(1 + 1e-7 * self.first(maps).float())
        return self.head(features.mean(dim=(2, 3)).to(maps.dtype))

class Talkative(Small):
    def forward(self, maps):
        return {"answer": super().forward(maps)}

class Masked(Small):
    def __init__(self, width, drawn=False):
        super().__init__(width)
        mask = torch.rand(8, 8) < 0.5 if drawn else torch.ones(8, 8).tril() == 0
        self.register_buffer("mask", torch.zeros(8, 8).masked_fill(mask, -torch.inf))

    def forward(self, maps):
        tokens = maps[:, 0]
        weights = functional.softmax(tokens @ tokens.transpose(1, 2) + self.mask, dim=-1)
        return super().forward((weights @ tokens)[:, None])

class Remembering(Small):
    def get_extra_state(self):
        return {"epochs": 3}

    def set_extra_state(self, state):
        pass

class Lazy(Small):
    def __init__(self, width):
        super().__init__(width)
        self.head = nn.LazyLinear(4)

class Sure(Small):
    def forward(self, maps):
        return functional.softmax(super().forward(maps), dim=1)

class Coarse(Sure):
    def __init__(self, width, answers):
        super().__init__(width, answers)
        self.to(torch.bfloat16)

class Biased(Small):
    def forward(self, maps):
        third = torch.tensor([1.0, 0.0, 0.0], dtype=maps.dtype)
        return third + maps.mean(dim=(1, 2, 3))[:, None] * super().forward(maps)

class Lone(Small):
    def forward(self, maps):
        return super().forward(maps)[:, 0]

class Wrapped(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.module = Small(width)

    def forward(self, maps):
        return self.module(maps)

class Oddly(Small):
    def __init__(self, width):
        super().__init__(width)
        self.odd = nn.ModuleDict({name: nn.ReLU() for name in ("a/b", "map", "x y ", "_c", "ü")})
        self.map = nn.ReLU()

    def forward(self, maps):
        features = self.map(self.first(maps))
        for module in self.odd.values():
            features = module(features)
        return self.head(features.mean(dim=(2, 3)))

class Late(Small):
    def __init__(self, width):
        import small_part
        super().__init__(width + small_part.MORE)

    def forward(self, maps):
        from small_rest import LESS
        return super().forward(maps) - LESS

def nothing(width):
    return width

SIZE = 3
"""
HOW = {"n_maps": 8, "seed": 1, "batch_size": 3, "passes": 1, "dropout": "off", "precision": "float32"}
HOW |= {"device": "cpu", "threads": 1}


def measure(path, output, **changes):
    form = {"quantity": ("convergence", "1"), "maps_per_simulation": 2}
    how = Preprocessing(logarithm=False)
    measure_action.run(maps=path, field="kappa", preprocessing=how, output=output, **form | changes)


def take(world, name="Small", **changes):
    output = world["folder"] / f"{name}.pt"
    arguments = {"arguments": {"width": 3}, "weights": None, "seed": 1, "layers": None, "outputs": OUTPUTS}
    arguments |= {"moments": None, "measured": world["home"]["measured"], "suite": "Smooth", "field": "kappa"}
    constructor = Constructor(f"small_network:{name}", world["own"].directory)
    take_network(constructor, output=output, **arguments | changes)
    return {"model": name, "weights": output, "own": constructor}


def make_world(code, tmp_path):
    """Maps of two suites, two a simulation, that hold negative values, and what takes a network."""
    files = {}
    for number, name in enumerate(("home", "away")):
        rng = np.random.default_rng(number)
        labels = rng.uniform(size=(12, 2))
        (tmp_path / f"{name}.csv").write_text("amplitude, slope\n" + "".join(f"{a},{b}\n" for a, b in labels))
        values = rng.normal(size=(24, 8, 8)) * (1 + number) + np.repeat(labels[:, 0], 2)[:, None, None]
        np.save(tmp_path / f"{name}.npy", values.astype(np.float32))
        files[name] = {kind: tmp_path / f"{name}{suffix}" for kind, suffix in (("maps", ".npy"), ("measured", ".json"))}
        measure(files[name]["maps"], files[name]["measured"])
        files[name]["parameters"] = tmp_path / f"{name}.csv"
    return {**files, "own": Constructor("small_network:Small", code), "folder": tmp_path}


def multiply(world, taken, *, cache, domain=HOME, **changes):
    how = {**HOW, **changes}
    output = world["folder"] / f"grams_{taken['model']}_{domain.name}_{cache}.nc"
    shown = [(HOME, world["home"])] if domain is HOME else [(domain, world[domain.name]), (HOME, world["home"])]
    if not cache:
        other = {"reference": HOME} | {f"reference_{k}": world["home"][k] for k in ("maps", "measured")}
        more = other if domain is not HOME else {}
        on_case(record.run)(domain=domain, output=output, **taken, **world[domain.name], **more, **how)
        return output
    paths = [world["folder"] / f"activations_{number}.nc" for number in range(len(shown))]
    for path, (one, files) in zip(paths, shown, strict=True):
        on_case(stage.run)(domain=one, output=path, **taken, **files, **how)
    grams.run(activations=paths[0], reference=(paths[1:] or [None])[0], device="cpu", threads=1, output=output)
    return output


def predict(world, taken, domain=HOME, **files):
    output = world["folder"] / f"predictions_{domain.name}.nc"
    given = world[domain.name] | files
    on_case(predictions.run)(domain=domain, batch_size=5, device="cpu", threads=1, output=output, **taken, **given)
    return output


def compare(path):
    output = path.with_name(f"cka_{path.name}")
    cka.run(grams=path, batch_size=4, seed=1, output=output)
    return output
