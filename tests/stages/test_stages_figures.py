"""The stage figures: figures of small cases."""

import pytest

from repshift import InputError
from repshift.stages.figures import comparisons as comparisons_figure
from repshift.stages.figures import figure1
from repshift.stages.figures import measures as measures_figure
from repshift.stages.figures import predictions as predictions_figure
from world import AWAY, HOME, choose, compare, multiply, predict, score, table_of_comparisons


def test_the_similarity_figure_is_the_same_bytes_again(world):
    how = {
        "cka": [compare(multiply(world, domain)) for domain in (HOME, AWAY)],
        "scores": [score(world, domain) for domain in (HOME, AWAY)],
        "example_maps": [choose(world, domain) for domain in (HOME, AWAY)],
    }
    written = []
    for name in ("a", "b"):
        outputs = [world["folder"] / f"{name}{suffix}" for suffix in (".pdf", ".png")]
        figure1.run(
            **how,
            models=["T-MockTNG"],
            estimator="debiased",
            boxes=[75.0, 75.0],
            outputs=outputs,
        )
        written.append([output.read_bytes() for output in outputs])
    assert written[0] == written[1]


def test_a_figure_that_lacks_a_file_is_refused(world):
    with pytest.raises(InputError, match="1 files of example_maps and 2 boxes"):
        figure1.run(
            cka=[world["folder"] / "none.nc"],
            models=["T-MockTNG"],
            estimator="debiased",
            example_maps=[world["folder"] / "none.nc"],
            boxes=[75.0, 75.0],
            outputs=[],
        )


def test_measures_are_drawn(world):
    output, compared = world["folder"] / "measures.png", compare(multiply(world), measures=["procrustes_angle"])
    measures_figure.run(cka=[compared], estimator="debiased", measures=["procrustes_angle"], outputs=[output])
    assert output.stat().st_size > 10_000


def test_comparisons_are_drawn(world):
    paths, _ = table_of_comparisons(world)
    output = world["folder"] / "comparisons.png"
    comparisons_figure.run(comparisons=paths, estimator="minibatch", outputs=[output])
    assert output.stat().st_size > 10_000


def test_predictions_are_drawn(world):
    output = world["folder"] / "predictions.png"
    how = {"parameters": ["Omega_m", "sigma_8"], "outputs": [output]}
    predictions_figure.run(predictions=[predict(world)], scores=[score(world)], **how)
    assert output.stat().st_size > 10_000
