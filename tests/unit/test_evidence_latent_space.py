"""Maps as layers of several networks place them: shared axes, neighbours kept, domains beside each other."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from repshift import InputError
from repshift.evidence.repair.latent_space import LATENT_QUANTITIES, LatentSettings, latent_space, latent_variables

N = 20
DOMAINS = ["home"] * N + ["away"] * N


@pytest.fixture
def networks(rng):
    """Two networks' layer: the other domain is far away in the first and at home in the second."""
    maps = rng.normal(size=(2 * N, 12))
    apart = maps + 8 * (np.array(DOMAINS) == "away")[:, None]
    return [apart, maps]


def placed(networks, **how):
    return latent_space({"C41": networks}, DOMAINS, LatentSettings(**how))


def test_networks_share_their_principal_axes(networks):
    found = placed(networks, methods=("pca",))
    reference = PCA(n_components=2).fit(np.concatenate(networks))
    expected = reference.transform(np.concatenate(networks)).reshape(2, 2 * N, 2)
    assert np.abs(found["position"][:, 0, 0]) == pytest.approx(np.abs(expected), abs=1e-6)
    assert found["variance_share"][0] == pytest.approx(reference.explained_variance_ratio_)


def test_the_own_domain_as_it_is_lies_beside(networks):
    found = placed(networks, methods=("pca",))
    for network in range(2):
        assert found["position_home"][network] == pytest.approx(found["position"][0, :, :, :N])


def test_a_repair_that_moves_nothing_adds_nothing(networks):
    found = placed([networks[0], networks[0]], perplexity=5)
    assert found["position"][1] == pytest.approx(found["position"][0])
    assert found["position_home"][1] == pytest.approx(found["position"][0][..., :N, :])


def test_domains_apart_have_no_neighbours_in_common(networks):
    found = placed(networks, methods=("pca",))
    assert found["same_domain_share"][0, 0] == 1
    assert found["same_domain_share"][1, 0] == pytest.approx(float(found["same_domain_chance"]), abs=0.15)


def test_a_plane_is_kept_whole(rng):
    plane = rng.normal(size=(2 * N, 2)) @ rng.normal(size=(2, 30))
    found = placed([plane], methods=("pca", "tsne"), neighbours=5)
    assert found["neighbours_kept"][0, 0] == pytest.approx([1, found["neighbours_kept"][0, 0, 1]])
    assert found["trustworthiness"][0, 0, 0] == 1
    assert 0.8 < found["trustworthiness"][0, 0, 1] < 1


def test_variables_have_the_declared_dimensions(networks):
    variables = latent_variables(placed(networks))
    assert set(variables) == set(LATENT_QUANTITIES)
    assert variables["position"][1].shape == (2, 1, 2, 2 * N, 2)
    assert variables["continuity"][1].shape == (2, 1, 2)


def test_few_maps_have_fewer_neighbours():
    assert [LatentSettings().neighbours_of(n) for n in (20, 50, 400)] == [4, 10, 10]
    assert [LatentSettings().perplexity_of(n) for n in (20, 400)] == [4, 30]
    assert LatentSettings(neighbours=7).neighbours_of(400) == 7


def test_too_few_maps_are_refused(networks):
    with pytest.raises(InputError, match="Latent space of 4 maps of all domains: at least 10 are needed"):
        latent_space({"C41": networks}, DOMAINS[:4], LatentSettings())


def test_a_constant_layer_is_named():
    with pytest.raises(InputError, match="Layer 'C41': All 40 maps have the same representation"):
        placed([np.ones((2 * N, 3))])
