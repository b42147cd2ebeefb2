"""Action of the stage pruning: layers are replaced without training. Rule ``pruning_{model}``.

Output: ``{model}/{domain}.nc``. A *change* is a layer, or a run of layers within a block, that is replaced; a *way* is
``identity`` (the features before it are passed on) or ``linear`` (the least-squares map of the features before it,
fitted on the model's own domain). The activation after the last layer of a change stays. ``parameter`` is what the
network infers; of a classifier it has one entry, the label, and the score is the accuracy. Splits are by simulation.

Dimensions: ``change``; ``way``; ``parameter``; ``relation`` (``cka_with_neighbour``, ``depth``, ``parameters_saved``).
Coordinates of ``change`` (names such as "C12", "C12 to C21"):

- ``n_layers``: 1 for a layer, more for a run; ``first``, ``last``: its layers; ``block``: the block they lie in, in
  words such as "C02 to C41", empty where in none.

Variables, each with ``units`` and ``long_name``; ``_low`` and ``_high`` are ends of the intervals by simulation, which
a change shares with the unchanged network; ``_lowest`` and ``_highest`` are those of the splits:

- ``score_unchanged`` (parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``: of the network as it is;
- ``score`` (change, way, parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``;
- ``score_lost`` (change, way, parameter), likewise: the unchanged network's score less that of the changed one; NaN
  where the change is not possible in this way;
- ``refusal`` (change, way), text: why it is not possible, empty where it is;
- ``cka_with_neighbour`` (change): debiased CKA of the last layer of the change with the layer before the change, on
  the judged maps, mean over splits;
- ``depth`` (change): place of the first layer of the change among the layers, from 1;
- ``parameters_saved`` (change, way): fewer parameters than the unchanged network has, may be negative;
- ``unexplained`` (change): share of the variance of what the change replaces that the linear map leaves, 0 where the
  layers are linear themselves; on the maps it is fitted on;
- ``rank_correlation`` (relation, way, parameter), ``_low``, ``_high``: Spearman's of ``score_lost`` with each number,
  over single layers; NaN with fewer than five of them.

Attributes: those of every case, ``score`` ("r2" or "accuracy"), ``parameters`` (of the whole network), ``layers``,
``alike`` (CKA from which layers are a block), ``blocks``, ``left_out`` (layers that cannot be replaced, and why, as
JSON), ``splits``, ``n_tuned``, ``n_judged``, ``maps_each``, ``seed``, ``n_resamples``.
"""
