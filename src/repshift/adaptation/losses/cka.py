"""CKA of all pairs of layers as a term of the loss.

References
----------
Song et al. 2012, JMLR 13, 1393, eq. 5 (debiased HSIC); Kornblith et al. 2019, arXiv 1905.00414, eq. 4 (CKA).
"""

import torch
from torch import Tensor

from repshift.adaptation.cka_loss import Kind, Output, cka_term, require_kept, require_maps
from repshift.adaptation.differentiable_gram import differentiable_gram
from repshift.adaptation.losses.term import Features, Term
from repshift.recording.passes import features_of


class LayerSimilarity(Term):
    """What CKA says of the layers of two domains, as `repshift.adaptation.cka_loss` has it.

    Parameters
    ----------
    kind
        ``match``: how much the matrices of the domains differ. ``off_diagonal``: how alike different layers are.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self.may_be_raised = kind == "off_diagonal"
        self.held: list[Output] = []

    def made_of(self, name: str, output: Tensor) -> Tensor:
        """Return the Gram matrix of a layer's output, made while that is in the cache; it is not copied."""
        self.held.append((name, output, output._version))
        with torch.autocast(output.device.type, enabled=False):
            return differentiable_gram(features_of(output), name=name)

    def prepare(self, features: Features) -> None:
        """Forget the outputs of the trial: there are no parameters."""
        self.held.clear()

    def forward(self, source: Features, target: Features) -> Tensor:
        """Return a scalar in double precision."""
        require_kept(self.held)
        self.held.clear()
        for grams in (source, target):
            require_maps(len(next(iter(grams.values()))))
        return cka_term(source, target, kind=self.kind)
