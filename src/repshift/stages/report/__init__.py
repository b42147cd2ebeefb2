"""Stage report: pages of the report: the result in words, tables, provenance. Rules of ``report.smk``."""

from typing import Final

ACTIONS: Final = {
    "results": "the result in words",
    "tables": "a page of each table",
    "cards": "what is known of each network, in fixed fields",
    "provenance": "configuration, versions and checksums",
}
"""Actions of the stage, a module each, and what they do."""
