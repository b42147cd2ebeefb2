"""Twins, sets 1P and the section stress: what follows from them, and what is refused, in one sentence each."""

import json

import pytest

from repshift.cli.commands import call_of
from repshift.costs.requests import Requests, parts_of_stress
from repshift.costs.whole import jobs_of_run
from repshift.perturbation.axes import AXES
from repshift.study.groups import network_groups, stress_groups
from repshift.study.jobs import network_job, statistics_job
from repshift.study.partners import are_partners, drawn_as, have_own_seeds
from repshift.study.shifts import is_paired
from repshift.study.sizes import perturbed_maps
from repshift.study.stress_axes import axes_of_domain, n_levels, shares_simulations, shown_sets
from repshift.study.stress_jobs import axes_words, stress_job
from repshift.vocabulary import PARAMETERS
from studies import ROOT, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
FUNCTION = {"function": "optics:defocus", "source": None}
OWN = {"function": "optics:defocus", "strengths": [0, 2], "units": "pixel"}
ONE = {"T-MockTNG": ["MockTNG", "One"]}

SHOWN = put("cases", "T-MockTNG", value=["MockTNG", "MockSIMBA", "MockSIMBA-own", "MockSIMBA-spectrum", "Twin"])


def twin(**changes):
    """Return a change that gives a configuration a twin of MockTNG with MockSIMBA's feedback."""

    def change(config):
        config["suites"]["Twin"] = {**config["suites"]["MockSIMBA"], "seeds": "MockTNG", **changes}
        config["domains"]["Twin"] = {"set": "LHT"}

    return change


def refused(*changes):
    return refusal(*changes).removeprefix("Configuration: ")


def test_a_mock_twin_shows_the_simulations_of_its_suite():
    study = study_of(twin(), SHOWN)
    assert [drawn_as(study, suite) for suite in ("Twin", "MockTNG", "MockSIMBA")] == ["MockTNG", "MockTNG", "MockSIMBA"]
    assert not have_own_seeds(study, ("Twin", "MockTNG"), "LHT")
    assert have_own_seeds(study, ("Twin", "MockSIMBA"), "LHT")
    assert are_partners(study, ("Twin", "LHT", "all"), ("MockTNG", "LHT", "all"))
    assert not are_partners(study, ("Twin", "LH", "all"), ("MockTNG", "LHT", "all"))
    assert [is_paired(study, "T-MockTNG", domain) for domain in ("MockTNG", "Twin", "MockSIMBA")] == [
        False,
        True,
        False,
    ]


OF_SUITES = [
    (twin(seeds="EAGLE"), "suites.Twin.seeds is 'EAGLE'; the suites are MockTNG, MockSIMBA"),
    (twin(seeds="Twin"), "suites.Twin.seeds is 'Twin', which is no other mock suite. Name the mock suite whose"),
    (twin(seeds="MockSIMBA-spectrum"), "suites.Twin.seeds is 'MockSIMBA-spectrum', which is no other mock suite."),
    (
        lambda config: (twin()(config), put("suites", "MockSIMBA", "seeds", value="Twin")(config)),
        "suites.MockSIMBA.seeds is 'Twin', a twin itself. Name the mock suite that draws the initial conditions.",
    ),
    (
        put("maps", "mock", "simulations", value={"LH": 40, "LHT": 12, "1P": 45}),
        "maps.mock.simulations.1P is 45. Expected a multiple of 30: 6 parameters at 5 values for each realisation",
    ),
]


@pytest.mark.parametrize(("change", "words"), OF_SUITES)
def test_twins_and_sets_1p_are_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def stress(**section):
    """Return a change that gives a configuration with a twin the section stress."""

    def change(config):
        twin()(config)
        shown = {"T-MockTNG": ["MockTNG", "MockSIMBA"], "Mtot-MockSIMBA": ["MockSIMBA", "MockTNG"]}
        config["stress"] = {"cases": shown, "axes": {"noise": {}, "feedback": {"twin": "Twin"}}, **section}

    return change


def axes(**named):
    return stress(axes=named)


def set_1p(n_simulations=60):
    """Return a change that gives a configuration a set 1P of MockTNG, and a domain that shows it."""

    def change(config):
        config["maps"]["mock"]["simulations"]["1P"] = n_simulations
        config["domains"]["One"] = {"suite": "MockTNG", "set": "1P"}

    return change


def study_with(*changes):
    return study_of(*(changes or [stress()]))


def words_of(command):
    """Return the options of a command, each with its values."""
    places = [number for number, word in enumerate(command) if word.startswith("--")]
    return {
        command[start]: command[start + 1 : end]
        for start, end in zip(places, [*places[1:], len(command)], strict=True)
    }


def test_a_job_perturbs_all_domains_of_a_model_home_first():
    study = study_with()
    assert stress_groups(study, "T-MockTNG") == [("MockTNG", "MockSIMBA")]
    job = stress_job(study, "T-MockTNG", ("MockTNG", "MockSIMBA"))
    assert job.outputs == ["results/stress/T-MockTNG/MockTNG.nc", "results/stress/T-MockTNG/MockSIMBA.nc"]
    assert [command[:2] for command in job.commands] == [["stress", "curves"]] * 2
    assert not set(job.inputs) & set(job.outputs)
    assert {"results/models/T-MockTNG.pt", "results/predictions/T-MockTNG/MockTNG.nc"} <= set(job.inputs)
    assert "results/maps/Twin/Maps_T_Twin_LHT_z=0.00.npy" in job.inputs


def test_a_job_of_another_domain_reads_what_home_was():
    study = study_with()
    home, abroad = (stress_job(study, "T-MockTNG", (domain,)) for domain in ("MockTNG", "MockSIMBA"))
    assert "results/stress/T-MockTNG/MockTNG.nc" in abroad.inputs
    (told,), (own,) = ([words_of(command) for command in job.commands] for job in (abroad, home))
    assert told["--own-stress"] == ["results/stress/T-MockTNG/MockTNG.nc"]
    assert told["--reference-domain"] == ["MockTNG"]
    assert not {"--own-stress", "--reference-domain"} & set(own)
    assert own["--own-predictions"] == told["--own-predictions"] == ["results/predictions/T-MockTNG/MockTNG.nc"]


def test_the_command_of_a_case_can_be_parsed():
    study = study_with(stress(simulations=11, scores=["deviation_ratio"]))
    for command in stress_job(study, "T-MockTNG", ("MockTNG", "MockSIMBA")).commands:
        given = call_of(command).arguments
        assert (given["maps_each"], given["simulations"], given["resamples"], given["halves"]) == (3, 11, 2000, 20)


def test_a_twin_is_an_axis_of_the_domains_of_its_simulations():
    study = study_with()
    assert list(axes_of_domain(study, "MockTNG")) == ["noise", "feedback"]
    assert list(axes_of_domain(study, "MockSIMBA")) == ["noise"]
    assert not shares_simulations(study, "Twin", "MockSIMBA-spectrum")
    (feedback,) = [one for one in json.loads(axes_words(study, "T-MockTNG", "MockTNG")) if one["name"] == "feedback"]
    assert feedback["maps"] == ["results/maps/Twin/Maps_T_Twin_LHT_z=0.00.npy"]
    assert feedback["strengths"] == [0, 0.25, 0.5, 0.75, 1]


def test_the_maps_of_a_twin_are_shown():
    shown = shown_sets(study_with())
    assert ("T-MockTNG", "Twin", "LHT", "all") in shown
    assert ("T-MockTNG", "Twin", "LHT", "all") not in shown_sets(study_of(twin()))


def test_axes_are_told_with_their_strengths_and_options():
    study = study_with(
        axes(noise={"label": "grain"}, wide={"axis": "beam", "strengths": [0, 4]}, mine=OWN, feedback={"twin": "Twin"})
    )
    noise, wide, mine, _ = json.loads(axes_words(study, "T-MockTNG", "MockTNG"))
    assert (noise["axis"], noise["label"], noise["strengths"]) == ("noise", "grain", list(AXES["noise"].strengths))
    assert (wide["axis"], wide["strengths"], wide["arguments"]) == ("beam", [0, 4], {})
    assert mine == {"name": "mine", "strengths": [0, 2], "units": "pixel", "moves_labels": False, **FUNCTION}


def test_a_set_1p_has_axes_of_its_parameters():
    study = study_with(set_1p(), stress(cases=ONE, axes={"noise": {}}))
    assert list(axes_of_domain(study, "One")) == list(PARAMETERS)
    described = json.loads(axes_words(study, "T-MockTNG", "One"))
    assert described[2] == {"name": "A_SN1", "one_at_a_time": "A_SN1"}
    chosen = study_with(set_1p(), stress(cases=ONE, axes={"noise": {}, "wind": {"one_at_a_time": "A_SN1"}}))
    assert list(axes_of_domain(chosen, "One")) == ["wind"]
    assert list(axes_of_domain(chosen, "MockTNG")) == ["noise"]
    assert (n_levels(study, "T-MockTNG", "One"), perturbed_maps(study, "T-MockTNG", "One")) == (1 + 6 * 4, 2 * 3)


def test_smallest_perturbations_are_of_each_case_on_request():
    study = study_with(set_1p(), stress(cases=ONE, smallest={"maps": 7}, axes={"noise": {}}))
    job = stress_job(study, "T-MockTNG", ONE["T-MockTNG"])
    made = ["MockTNG.nc", "MockTNG_smallest.nc", "One.nc"]
    assert job.outputs == [f"results/stress/T-MockTNG/{name}" for name in made]
    assert words_of(job.commands[1])["--n-maps"] == ["7"]


def test_no_results_of_other_stages_hang_on_stress():
    without, study = study_of(), study_with()
    for model in without.cases:
        assert network_groups(study, model) == network_groups(without, model)
        for domains in network_groups(without, model):
            assert network_job(study, model, domains) == network_job(without, model, domains)
            assert statistics_job(study, model, domains) == statistics_job(without, model, domains)


def test_the_cost_of_stress_is_estimated():
    study = study_with(stress(smallest={}))
    kinds = [[kind for kind, _ in job.parts] for job in jobs_of_run(study, COSTS)]
    assert kinds.count(["stress", "smallest"] * 2) == 2
    assert kinds.count(["maps"]) == 1 + [[kind for kind, _ in job.parts] for job in jobs_of_run(study_of(), COSTS)].count(["maps"])
    shown = parts_of_stress(study, "T-MockTNG", ["MockTNG"])
    few, many = (Requests(study_with(stress(maps_each=each)), COSTS).seconds(shown) for each in (1, 15))
    assert many > few
