"""The configuration as typed objects: its sections, their defaults, its checks, and what follows from it.

Loads neither torch nor xarray, pandas or scipy: the workflow imports it before the first job.
"""

from repshift.study.configuration import Study
from repshift.study.reading import read_study

__all__ = ["Study", "read_study"]
