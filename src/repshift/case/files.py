"""Where the files of a case lie, a case being a model shown a domain."""

from dataclasses import dataclass
from pathlib import Path

from repshift.vocabulary import InputError

_STAGES = Path(__file__).parents[1] / "stages"


@dataclass(frozen=True)
class CaseFiles:
    """The files of a case.

    Examples
    --------
    >>> CaseFiles("T-MockTNG", "MockSIMBA").cka
    'results/cka/T-MockTNG/MockSIMBA.nc'
    """

    model: str
    domain: str

    def of(self, stage: str) -> str:
        """Return the file that a stage makes.

        Raises
        ------
        InputError
            If there is no such stage.
        """
        if not any((_STAGES / name).exists() for name in (stage, f"{stage}.py")):
            raise InputError(f"There is no stage '{stage}', so no case has a file of it.")
        return f"results/{stage}/{self.model}/{self.domain}.nc"

    def compared_with(self, other: "CaseFiles") -> str:
        """Return the file of CKA between the layers of this case (rows) and of another (columns)."""
        return f"results/cka/{self.model}/{self.domain}/{other.model}/{other.domain}.nc"

    @property
    def activations(self) -> str:
        """The representations of each layer."""
        return self.of("activations")

    @property
    def grams(self) -> str:
        """The Gram matrices of each layer."""
        return self.of("grams")

    @property
    def cka(self) -> str:
        """CKA of all pairs of layers, and the other measures."""
        return self.of("cka")

    @property
    def intervals(self) -> str:
        """The intervals of CKA."""
        return self.of("intervals")

    @property
    def permutation_tests(self) -> str:
        """The tests of the case."""
        return self.of("permutation_tests")

    @property
    def influence(self) -> str:
        """What the most influential maps do to CKA."""
        return self.of("influence")

    @property
    def sample_size(self) -> str:
        """CKA of fewer simulations."""
        return self.of("sample_size")

    @property
    def predictions(self) -> str:
        """What the network infers of each map."""
        return self.of("predictions")

    @property
    def scores(self) -> str:
        """The accuracy of the predictions, with its intervals."""
        return self.of("scores")

    @property
    def symmetries(self) -> str:
        """The scatter of predictions under symmetries."""
        return self.of("symmetries")

    @property
    def shift_scores(self) -> str:
        """What tells of the shift without labels."""
        return self.of("shift_scores")

    @property
    def stress(self) -> str:
        """The curves of the case along axes of strength."""
        return self.of("stress")

    @property
    def smallest(self) -> str:
        """The smallest perturbations of its maps."""
        return f"results/stress/{self.model}/{self.domain}_smallest.nc"

    @property
    def attribution(self) -> str:
        """What the network looks at, and the numbers of it."""
        return self.of("attribution")

    def attribution_of_shift(self, twin: str) -> str:
        """Return the file of which pixels carry the shift from the maps of this case to those of a twin."""
        return f"results/attribution/{self.model}/{self.domain}_to_{twin}.nc"

    @property
    def features(self) -> str:
        """What filters of its network see."""
        return f"results/attribution/{self.model}/{self.domain}_features.nc"

    @property
    def repair(self) -> str:
        """The rungs of the ladder that take no training, and the bounds."""
        return self.of("repair")

    def repair_of(self, rung: str) -> str:
        """Return the file of a rung that is trained."""
        return f"results/repair/{self.model}/{self.domain}_{rung}.nc"

    def part_of(self, rung: str, number: int) -> str:
        """Return the file of some splits of a rung that is trained, which goes once all are joined."""
        return f"results/repair/{self.model}/{self.domain}_{rung}_part{number}.nc"

    @property
    def latent_space(self) -> str:
        """The maps of its domain and of the model's own in two dimensions, before and after repair."""
        return f"results/repair/{self.model}/{self.domain}_latent_space.nc"

    @property
    def pruning(self) -> str:
        """What the network loses where layers are replaced."""
        return self.of("pruning")

    @property
    def retrained(self) -> str:
        """What it loses where it is trained again afterwards."""
        return f"results/pruning/{self.model}/{self.domain}_retrained.nc"

    @property
    def cause(self) -> str:
        """What it loses where the loss moves CKA."""
        return f"results/pruning/{self.model}/{self.domain}_cause.nc"

    @property
    def trust(self) -> str:
        """What tells, map by map, whether it may be believed."""
        return self.of("trust")

    @property
    def example_maps(self) -> str:
        """The map that figures show of the case."""
        return self.of("example_maps")
