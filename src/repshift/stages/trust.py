"""Stage trust: which maps a network may be believed on, by scores that need no labels. Rules ``trust_{model}_{n}``.

The model's own domain is halved by simulation, ``splits`` times: one half is the reference that distances are to, and
calibrates conformal intervals; the other is judged; then the halves change places. So every map of the own domain is
judged by simulations other than its own, and maps of another domain by the same halves.

Output: ``{model}/{domain}.nc``, with the variables of `repshift.evidence.trust.quantities.TRUST_QUANTITIES` along

- ``score`` (``pixel_std``, ``mahalanobis_C41``, ...): coordinates score_label, score_name (``mahalanobis``),
  score_layer (empty where it is of no layer) and score_of_outputs. A larger value says: trust this map less. The
  attribute ``baseline`` names the score that differences are to, ``pixel_std``.
- ``map``: coordinates map, simulation, position, suite, domain
- ``parameter``: what is inferred; of a classifier its label, one
- ``share`` of the maps that are kept, most trusted first; ``level`` of intervals, with the coordinate
  level_attainable; ``bin`` of the probability integral transform, or of the largest probability; ``kind`` of conformal
  intervals (``plain``, ``weighted``, ``over_std``, ``over_distance``), with the coordinate kind_label

Always there: ``values`` (score, map) and ``values_by_parameter`` (score, parameter, map), which stands against the error
of a parameter: of a score of outputs that of the parameter, else `values` again. NaN where a map has none. Out of
distribution ``auc_domain`` (score), by which the score tells the maps from those of the own domain. With labels:

- ``error`` (map, parameter): mean less truth; of classes 1 - p of the true class. ``is_worst`` (map, parameter), 0 or
  1: the tenth of largest absolute error; of classes those named wrongly.
- ``rank_correlation`` of the score with the absolute error, ``auc_worst_tenth`` and ``risk_area`` (score, parameter),
  ``risk_coverage`` (score, parameter, share), ``risk_area_best`` (parameter)
- ``pit`` (parameter, bin) and ``coverage`` (parameter, level) of predicted standard deviations,
  ``calibration_error`` (parameter); of classes the last is the expected calibration error, beside ``accuracy``,
  ``confidence`` and ``share_of_maps`` (bin)
- where the own domain has labels too, ``conformal_coverage`` (kind, parameter, level), with ``_lowest`` and
  ``_highest`` of the halves, ``conformal_bounded``, the share of maps whose interval is finite, and
  ``conformal_half_width`` in the unit of the parameter, or of classes ``conformal_set_size``

Numbers have ``_low`` and ``_high``, the ends of the interval by simulation; rank_correlation, both AUC and risk_area
also ``{number}_difference``, less that of the baseline on the same maps, with ends. Attributes: level,
level_attainable, n_calibration (simulations of a half), splits, maps_each, neighbours, layers, trials, symmetries,
dropout_passes, seed, resamples.
"""
