"""What shares of random draws are beyond chance. No test."""

from scipy.stats import binom

CHANCE = 1e-3
"""How often a right method may miss a bound: one choice of seeds in a thousand."""


def least(share, draws):
    """Return the share of draws that hits so often do not fall below."""
    return binom.ppf(CHANCE, draws, share) / draws


def most(share, draws):
    """Return the share of draws that hits so often do not exceed."""
    return binom.isf(CHANCE, draws, share) / draws
