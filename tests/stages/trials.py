"""Two suites, two trials of a network of the first, and the stages that shift scores are made of. No test."""

from case_inputs import on_case
from repshift.stages import activations, predictions, symmetries
from repshift.stages import shift_scores as shift_scores
from repshift.stages.grams import multiply as grams
from repshift.stages.models import initialise
from repshift.storage.datasets import open_dataset
from repshift.vocabulary import Domain
from world import once

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
TORCH = {"batch_size": 50, "threads": 1}
COMPARED = {"n_maps": 12, "seed": 1, "device": "cpu"}
HOW = {"paired": False, "shift": "suite", "condition": "MockSIMBA", "components": 4, "folds": 3, "seed": 1}


class World:
    """Two suites, two trials of a network of the first, and every file that shift_scores read."""

    def __init__(self, write_simulations, folder):
        self.folder = folder
        self.files = {
            "home": write_simulations("MockTNG", seed=1),
            "away": write_simulations("MockSIMBA", seed=2, change=lambda _, maps: 30 * maps**1.3),
        }
        for trial in (1, 2):
            self.initialise(trial)
            for domain in (HOME, AWAY):
                self.show(trial, domain)
        self.multiply()

    def path(self, stage, domain, trial=1):
        return self.folder / f"{stage}_{trial}_{domain.name}.nc"

    def sources(self, domain):
        files = self.files[domain.name]
        return {"maps": files.maps, "parameters": files.parameters, "measured": files.measured, "domain": domain}

    def initialise(self, trial):
        home = self.sources(HOME)
        initialise.run(
            **{name: home[name] for name in ("maps", "parameters", "measured")},
            suite="MockTNG",
            field="T",
            hidden=1,
            dropout=0.0,
            seed=trial,
            split="all",
            batch_size=32,
            threads=1,
            output=self.folder / f"model_{trial}.pt",
        )

    def named(self, trial, domain):
        return {"model": f"T-{trial}", "weights": self.folder / f"model_{trial}.pt", **self.sources(domain), **TORCH}

    def show(self, trial, domain):
        output = self.path("predictions", domain, trial)
        on_case(predictions.run)(**self.named(trial, domain), device="cpu", output=output)

    def unlabelled(self, domain):
        """Return predictions of a domain whose simulations have no labels."""
        output = self.folder / f"unlabelled_{domain.name}.nc"
        named = self.named(1, domain) | {"parameters": None, "without_truth": True}
        once(on_case(predictions.run))(**named, device="cpu", output=output)
        return output

    def scatter(self, domain, **changes):
        output = self.path("symmetries", domain)
        how = {**COMPARED, "shifts": 1, "shifts_seed": 1} | changes
        on_case(symmetries.run)(**self.named(1, domain), **how, output=output)
        return output

    def multiply(self):
        how = {**COMPARED, "passes": 1, "dropout": "off", "precision": "float32"}
        for domain in (HOME, AWAY):
            on_case(activations.run)(**self.named(1, domain), **how, output=self.path("activations", domain))
        for domain, reference in ((HOME, None), (AWAY, self.path("activations", HOME))):
            path = self.path("activations", domain)
            grams.run(activations=path, reference=reference, device="cpu", threads=1, output=self.path("grams", domain))

    def predict(self, *, run=None, **changes):
        files = {}
        for side, domain in (("", AWAY), ("own_", HOME)):
            one = self.files[domain.name]
            files |= {f"{side}maps": one.maps, f"{side}measured": one.measured}
            files[f"{side}predictions"] = self.path("predictions", domain)
        arguments = {**files, "grams": self.path("grams", AWAY), "own_grams": self.path("grams", HOME), **HOW} | changes
        output = self.folder / "shift_scores.nc"
        (run or once(shift_scores.run))(**arguments, output=output)
        with open_dataset(output) as opened:
            return opened.load()

    def trials(self):
        return {"trials": [self.path("predictions", AWAY, 2)], "own_trials": [self.path("predictions", HOME, 2)]}
