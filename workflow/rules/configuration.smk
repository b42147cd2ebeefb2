"""The configuration, checked and completed by repshift.study: STUDY, and Snakemake's own config with every default.

Requires: one configuration file. Makes: nothing.
"""

import sys

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
SOURCE = ROOT / "src"
sys.path.insert(0, str(SOURCE))

from repshift.study.reading import read_study
from repshift.vocabulary import InputError


def study():
    """Return the typed study; what is wrong with the configuration ends the run in one sentence."""
    archived = (ROOT / "ARCHIVE.md").exists()
    named = [word for word in sys.argv if word.split("=")[0] in ("--configfile", "--configfiles")]
    if workflow.is_main_process and len(named) > 1:
        raise WorkflowError("Configuration: --configfile was given twice. A run reads one file.")
    try:
        return read_study(config, files=workflow.configfiles, root=ROOT, archived=archived)
    except InputError as error:
        raise WorkflowError(str(error)) from None


STUDY = study()
config.clear()
config.update(STUDY.plain())
