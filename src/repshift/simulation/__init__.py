"""Mock suites: particle-mesh gravity, a simple gas and two ways of feedback, from six parameters to the maps of CMD.

The recipe, in order: `hypercube` (parameters), `cosmology` (power spectrum, growth), `initial` (2LPT), `gravity`
(particle mesh), `sheet` (density and streams without the particles' lattice), `gas` (smoothing, shocks), `haloes`,
`feedback` (energies, radii), `bubbles` (hot gas, ejection) and `projection` (15 maps). `suite` ties them together;
`mesh`, `clouds` and `smoothing` are the numerics they share.

Lengths are comoving Mpc/h, masses Msun/h and velocities km/s unless a docstring says otherwise; maps are at redshift 0.
"""

import importlib
from typing import Any

_HOME = {
    "Channel": "repshift.simulation.feedback",
    "Feedback": "repshift.simulation.feedback",
    "draw_parameters": "repshift.simulation.hypercube",
    "simulate_maps": "repshift.simulation.suite",
}

__all__ = ["Channel", "Feedback", "draw_parameters", "simulate_maps"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    """Load a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
