"""Mock suites: particle-mesh gravity, a simple gas and two ways of feedback, from six parameters to the maps of CMD.

The recipe, in order: `hypercube` (parameters), `cosmology` (power spectrum, growth), `initial` (2LPT), `gravity`
(particle mesh), `sheet` (density and streams without the particles' lattice), `gas` (smoothing, shocks), `haloes`,
`feedback` (energies, radii), `bubbles` (hot gas, ejection) and `projection` (15 maps). `suite` ties them together;
`mesh`, `clouds` and `smoothing` are the numerics they share.

Lengths are comoving Mpc/h, masses Msun/h and velocities km/s unless a docstring says otherwise; maps are at redshift 0.
"""
