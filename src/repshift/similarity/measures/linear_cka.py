"""Linear CKA by three estimators; the arithmetic is that of `repshift.similarity.cka`."""

from functools import partial
from typing import Final

from repshift.similarity.cka import cka_matrix
from repshift.similarity.measures.measure import SCALE_FREE, Measure

CKA_BIASED: Final = Measure(
    name="cka_biased",
    long_name="biased linear CKA",
    label="biased\nlinear CKA",
    invariances=SCALE_FREE,
    function=partial(cka_matrix, estimator="biased"),
    has_gradient=True,
    is_always_there=True,
    depends_on_number=True,
)
CKA_DEBIASED: Final = Measure(
    name="cka_debiased",
    long_name="debiased linear CKA",
    label="debiased\nlinear CKA",
    invariances=SCALE_FREE,
    function=partial(cka_matrix, estimator="debiased"),
    has_gradient=True,
    is_always_there=True,
)
CKA_MINIBATCH: Final = Measure(
    name="cka_minibatch",
    long_name="minibatch linear CKA",
    label="mini-batch\nlinear CKA",
    invariances=SCALE_FREE - {"map_order"},  # another order is another division into batches
    function=None,
    is_always_there=True,
)
