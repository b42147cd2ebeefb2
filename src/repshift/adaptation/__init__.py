"""Every repair by its name, in the order of the ladder: how a network is made to fit another domain.

The names load no torch: a repair loads its module when it is made (`repshift.adaptation.barrier.repaired`).
"""

from types import ModuleType
from typing import Final, Literal

from repshift.adaptation.repair import Material, Need, Options, Repair
from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task
from repshift.declarations import require

__all__ = ["REPAIRS", "Material", "Need", "Options", "Repair", "Sample", "Task", "repair_of"]

Layers = Literal["layer", "layers"]

_CONTROL: Final = "source_training"
_WEIGHTS: Final = "the weights that are not frozen"


def _moments() -> ModuleType:
    from repshift.adaptation import moments

    return moments


def _batch_norm() -> ModuleType:
    from repshift.adaptation import batch_norm

    return batch_norm


def _recalibration() -> ModuleType:
    from repshift.adaptation import recalibration

    return recalibration


def _fine_tuning() -> ModuleType:
    from repshift.adaptation import fine_tuning

    return fine_tuning


def _alignment() -> ModuleType:
    from repshift.adaptation import alignment

    return alignment


def _supervision() -> ModuleType:
    from repshift.adaptation import supervision

    return supervision


_TRAINED: Final = ("freeze", "steps", "batch", "learning_rate", "symmetries", "seed")
_BOTH_MAPS: Final[frozenset[Need]] = frozenset({"source_maps", "target_maps"})
_ALIGNED: Final[frozenset[Need]] = frozenset({"source_maps", "source_labels", "target_maps"})


def _aligning(name: str, label: str, description: str, *, at: Layers, term: str, weight: float) -> Repair:
    """Return a repair that trains with a term of the loss beside the labels of the source, at a layer or at several."""
    return Repair(
        name=name,
        label=label,
        description=description,
        needs=_ALIGNED,
        module=_alignment,
        changes=_WEIGHTS,
        takes=(at, "weight", *_TRAINED),
        trains=True,
        control=_CONTROL,
        weight_name=term,
        weight=weight,
    )


_REPAIRS: Final = (
    Repair(
        name="pixel_moments",
        label="Pixel moments",
        description="Mean and standard deviation of the target's pixels are made those of the source, by channel.",
        needs=_BOTH_MAPS,
        module=_moments,
        changes="an affine map of the pixels",
    ),
    Repair(
        name="feature_moments",
        label="Feature moments",
        description="Mean and standard deviation of a layer's features are made those of the source, by channel.",
        needs=_BOTH_MAPS,
        module=_moments,
        changes="an affine map of one layer's features",
        takes=("layer",),
    ),
    Repair(
        name="batch_norm",
        label="Batch norm",
        description="The statistics of all batch norms are those of the target.",
        needs=frozenset({"target_maps", "batch_norm"}),
        module=_batch_norm,
        changes="the statistics of batch norms",
    ),
    Repair(
        name="batch_norm_mixed",
        label="Batch norm, mixed",
        description="The statistics of all batch norms lie between the network's own and those of the target.",
        needs=frozenset({"target_maps", "batch_norm"}),
        module=_batch_norm,
        changes="the statistics of batch norms",
        takes=("mixing",),
    ),
    Repair(
        name="recalibration",
        label="Recalibration",
        description="An affine map of the outputs is fitted to labels of the target.",
        needs=frozenset({"target_maps", "target_labels"}),
        module=_recalibration,
        changes="an affine map of the outputs",
    ),
    Repair(
        name="fine_tuning",
        label="Fine-tuning",
        description="Training goes on with labels of the target, above a layer or everywhere.",
        needs=frozenset({"target_maps", "target_labels"}),
        module=_fine_tuning,
        changes=_WEIGHTS,
        takes=_TRAINED,
        trains=True,
        control=_CONTROL,
    ),
    _aligning(
        "mmd",
        "MMD",
        "Training goes on with labels of the source and the maximum mean discrepancy of a layer's features "
        "between source and target.",
        at="layer",
        term="the maximum mean discrepancy",
        weight=5.0,
    ),
    _aligning(
        "coral",
        "CORAL",
        "Training goes on with labels of the source and the distance of the features' covariances.",
        at="layer",
        term="the distance of covariances",
        weight=3.0,
    ),
    _aligning(
        "dann",
        "DANN",
        "Training goes on with labels of the source, against a discriminator that tells the domains apart.",
        at="layer",
        term="the reversed gradient of the discriminator",
        weight=3.0,
    ),
    _aligning(
        "sinkhorn",
        "Sinkhorn",
        "Training goes on with labels of the source and the Sinkhorn divergence of a layer's features.",
        at="layer",
        term="the Sinkhorn divergence",
        weight=3.0,
    ),
    _aligning(
        "cka",
        "CKA, matched",
        "Training goes on with labels of the source, and CKA of all layers is made alike in both domains.",
        at="layers",
        term="the difference of the CKA matrices",
        weight=30.0,
    ),
    _aligning(
        "cka_off_diagonal",
        "CKA, off-diagonal",
        "Training goes on with labels of the source, and CKA of different layers is made small.",
        at="layers",
        term="the mean CKA of different layers",
        weight=3.0,
    ),
    Repair(
        name=_CONTROL,
        label="Source labels only",
        description="Training goes on with labels of the source alone: the control of all that adds a term to it.",
        needs=frozenset({"source_maps", "source_labels"}),
        module=_supervision,
        changes=_WEIGHTS,
        takes=_TRAINED,
        trains=True,
        is_bound=True,
    ),
    Repair(
        name="several_suites",
        label="Several suites",
        description="Training goes on with labels of the source and of other suites, without the target.",
        needs=frozenset({"source_maps", "source_labels", "third_maps", "third_labels"}),
        module=_supervision,
        changes=_WEIGHTS,
        takes=_TRAINED,
        trains=True,
        control=_CONTROL,
        is_bound=True,
    ),
    Repair(
        name="augmentation",
        label="Augmentation",
        description="Training goes on with labels of the source on maps that are perturbed.",
        needs=frozenset({"source_maps", "source_labels", "perturbed_maps"}),
        module=_supervision,
        changes=_WEIGHTS,
        takes=_TRAINED,
        trains=True,
        control=_CONTROL,
        is_bound=True,
    ),
)

REPAIRS: Final[dict[str, Repair]] = {repair.name: repair for repair in _REPAIRS}
"""All repairs, by their names in the configuration, in the order of the ladder."""


def repair_of(name: str) -> Repair:
    """Return the repair called `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    return require(name, REPAIRS, what="repair")
