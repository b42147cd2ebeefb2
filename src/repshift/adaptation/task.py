"""What a network infers, and the loss of its outputs against labels.

References
----------
Jeffrey & Wandelt 2020, "Solving high-dimensional parameter inference", arXiv 2011.05991, eqs 8-9 (moment networks).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from repshift.networks.classes import OutputScale
from repshift.vocabulary import InputError

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["regression", "classification"]
"""Whether labels are numbers or classes."""


@dataclass(frozen=True)
class Task:
    """What a network infers.

    Attributes
    ----------
    kind
        Whether labels are numbers or classes.
    n_outputs
        Labels that it infers, or classes that it tells apart.
    has_std
        Whether a standard deviation of each label follows their means among the outputs.
    output_scale
        Of a classifier, what its outputs are.

    Raises
    ------
    InputError
        If there is no label, or less than two classes, or a classifier has standard deviations.
    """

    kind: Kind
    n_outputs: int
    has_std: bool = False
    output_scale: OutputScale = "logits"

    def __post_init__(self) -> None:
        """Refuse what is no task."""
        fewest, what = (2, "classes") if self.kind == "classification" else (1, "labels")
        if self.n_outputs < fewest:
            raise InputError(f"A task of {self.kind} has {self.n_outputs} {what}. Expected {fewest} or more.")
        if self.kind == "classification" and self.has_std:
            raise InputError("A classifier has no standard deviations. Expected has_std to be false.")

    @property
    def n_columns(self) -> tuple[int, ...]:
        """How many outputs a network of this task may have: of two classes one alone will do."""
        if self.kind == "classification":
            return (self.n_outputs, 1) if self.n_outputs == 2 else (self.n_outputs,)
        return (2 * self.n_outputs if self.has_std else self.n_outputs,)


def task_loss(outputs: "Tensor", labels: "Tensor", task: Task) -> "Tensor":
    r"""Return the loss of a batch.

    Parameters
    ----------
    outputs
        Of regression (n_maps, n_outputs), means, and of a task with standard deviations those after them, (n_maps,
        2 n_outputs). Of classes (n_maps, n_classes), or of two (n_maps, 1), the second class.
    labels
        Of regression (n_maps, n_outputs), in the scale of the outputs; of classes (n_maps,), integers from 0.
    task
        What the outputs are.

    Returns
    -------
    A scalar with a gradient; lower is better.

    Raises
    ------
    InputError
        If the shapes fit no such task.

    Notes
    -----
    With standard deviations it is the loss of moment networks, a logarithm of means over the batch (so few simulations
    in a batch make it noisy, `repshift.training.loss.moment_loss`); without, the mean squared error. Of classes it is
    the cross entropy of the logits :math:`z`,

    .. math:: L = -\frac{1}{n} \sum_i \left( z_{i, c_i} - \log \sum_k e^{z_{ik}} \right),

    where outputs that are probabilities are taken by their logarithm.
    """
    from torch.nn import functional

    from repshift.recording.differentiation import logits_of, rows_of
    from repshift.training.loss import moment_loss

    rows = rows_of(outputs)
    _require_fitting(rows.shape, labels.shape, task)
    if task.kind == "classification":
        return functional.cross_entropy(logits_of(rows, task.output_scale), labels)
    if task.has_std:
        return moment_loss(rows, labels)
    return functional.mse_loss(rows, labels)


def _require_fitting(outputs: tuple[int, ...], labels: tuple[int, ...], task: Task) -> None:
    """Refuse outputs or labels of another task."""
    if outputs[1] not in task.n_columns:
        expected = " or ".join(map(str, task.n_columns))
        raise InputError(f"The network has {outputs[1]} outputs. Expected {expected}, for {task.kind}.")
    expected_labels = (outputs[0],) if task.kind == "classification" else (outputs[0], task.n_outputs)
    if tuple(labels) != expected_labels:
        raise InputError(f"Labels of shape {tuple(labels)} do not fit {outputs[0]} maps. Expected {expected_labels}.")
