"""Action of the stage pruning: replaced networks are trained again. Rule ``retrained_{model}_{domain}``.

Output: ``{model}/{domain}_retrained.nc``, with the dimensions and the words of `repshift.stages.pruning.replace`, and:

- ``score_control`` (parameter), ``_low``, ``_high``, ``_lowest``, ``_highest``: the unchanged network after the same
  training, on the same maps in the same order;
- ``score_unchanged`` (parameter), likewise: the network as it is;
- ``score`` (change, way, parameter), likewise: the replaced network after training;
- ``score_lost`` (change, way, parameter), likewise: the *control's* score less that of the change;
- ``score_lost_before`` (change, way, parameter), likewise: the same before training, less than the unchanged network's;
- ``cka_with_neighbour``, ``depth``, ``parameters_saved``, ``refusal``, ``rank_correlation`` as there.

Scores are means over splits and seeds. Attributes as there, and ``seeds``, ``steps``, ``batch``, ``learning_rate``.
"""
