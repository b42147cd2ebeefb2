"""Action of the stage figures: ``latent_space``, maps as layers place them before and after repair, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there is much to draw, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.latent_space import draw_latent_space, n_pages
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(
        parser, files="latent-space", made_by="the action latent_space, of each target", left_out="the first one"
    )


def run(
    *,
    latent_space: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw the latent space of some models."""
    about: dict[str, Any] = {"fields": words_of(fields), "plotting": plotting}
    for cases, pair in files_of_models(latent_space, outputs):
        whole = draw_latent_space(cases, outputs=parameters, **about)
        count = n_pages(cases, outputs=parameters)
        pages = (
            [draw_latent_space(cases, outputs=parameters, page=page, **about) for page in range(count)]
            if count > 1
            else [whole]
        )
        write_whole(whole, pages, pair)
