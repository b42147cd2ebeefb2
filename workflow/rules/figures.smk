"""Stage figures: the paper's figure, its controls, other measures, networks compared, predictions, influential maps.

A figure reads the files of the cases that it draws and no others; figure 3, which draws correlations over networks,
three tables. No file of maps, activations or weights.

Requires: results/cka/, intervals/, permutation_tests/, example_maps/, scores/, predictions/, influence/ and
sample_size/{model}/{domain}.nc; results/shift_steps/{model}.nc; results/summary/failures.csv,
failure_correlations.csv and failure_transfers.csv.
Makes: results/figures/{figure}.pdf and .png; results/figures/influential_maps/{model}/{domain}.pdf and .png.
"""

from repshift.study.cases import drawn_models
from repshift.study.groups import sheet_groups
from repshift.study.shifts import box_of


def boxes(drawn):
    """Return the side of the maps of each case, in Mpc/h; 0 where it is not known."""
    return [box_of(STUDY, STUDY.domains[domain].suite) for _, domain in drawn]


def figure2_cases():
    """Return the cases of figure 2 that are not along the steps: each model, and others beside it, on two domains."""
    entries = config["figures"]["figure2"]
    return [
        (entry[key], domain)
        for entry in entries
        for key in ("model", "untrained", "layers")
        if key in entry
        for domain in config["shift_steps"][entry["model"]][:2]
    ]


def figure2_models():
    """Return the models of figure 2 whose steps are drawn."""
    entries = config["figures"]["figure2"]
    named = [entry[key] for entry in entries for key in ("model", "untrained") if key in entry]
    return list(dict.fromkeys(named))


def figure2_flags():
    """Return the flags that name the models of figure 2, and what parameters are drawn."""
    entries = config["figures"]["figure2"]
    flags = ["--models", *(entry["model"] for entry in entries)]
    flags += ["--parameters", *config["figures"].get("parameters", [])]
    for key in ("untrained", "layers"):
        for entry in entries:
            flags += [f"--{key}", entry["model"], entry[key]] if key in entry else []
    return flags


def estimator_of_sheets():
    """Return the estimator of figures that are made of one pass over all maps at once, not of batches."""
    estimator = config["figures"]["estimator"]
    return "debiased" if estimator == "minibatch" else estimator


def in_order(figure):
    """Return the cases that a figure draws, in the order of the configuration."""
    drawn = drawn_cases(STUDY, figure)
    return [case for case in cases(STUDY) if case in drawn]


def matrices_of(figure):
    """Return the files of the cases of a figure of matrices."""
    drawn = in_order(figure)
    return {
        "cka": case_files("cka", of=drawn),
        "intervals": requested_files("intervals", of=drawn),
        "permutation_tests": requested_files("permutation_tests", of=drawn),
        "scores": case_files("scores", of=scored(of=drawn)),
        "example_maps": case_files("example_maps", of=drawn),
    }


# Colours and labels that the configuration gives; all suites in their order, so that each has one colour everywhere.
PLOTTING = json.dumps(
    {
        **config["plotting"],
        "suites": {name: config["plotting"]["suites"].get(name, {}) for name in STUDY.suites},
    }
)


rule figure1:
    """Draw the paper's figure: maps, CKA matrices, their statistics."""
    input:
        **matrices_of("figure1"),
    output:
        pdf="results/figures/figure1.pdf",
        png=shown("results/figures/figure1.png", "figure1"),
    log:
        "logs/figures/figure1.log",
    benchmark:
        "results/benchmarks/figures/figure1.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("figures figure1"),
            models=drawn_models(STUDY, "figure1"),
            estimator=config["figures"]["estimator"],
            boxes=boxes(in_order("figure1")),
            plotting=PLOTTING,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure1 \
            --cka {input.cka:q} \
            --intervals {input.intervals:q} \
            --permutation-tests {input.permutation_tests:q} \
            --scores {input.scores:q} \
            --example-maps {input.example_maps:q} \
            --boxes {params.settings[boxes]:q} \
            --models {params.settings[models]:q} \
            --estimator {params.settings[estimator]:q} \
            --plotting {params.settings[plotting]:q} \
            --outputs {output.pdf:q} {output.png:q} \
            2>{log:q}
        """


if "controls" in config["figures"]:

    rule controls:
        """Draw the same of networks that control it."""
        input:
            **matrices_of("controls"),
        output:
            pdf="results/figures/controls.pdf",
            png=shown("results/figures/controls.png", "controls"),
        log:
            "logs/figures/controls.log",
        benchmark:
            "results/benchmarks/figures/controls.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure1"),
                models=drawn_models(STUDY, "controls"),
                estimator=config["figures"]["estimator"],
                boxes=boxes(in_order("controls")),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure1 \
                --cka {input.cka:q} \
                --intervals {input.intervals:q} \
                --permutation-tests {input.permutation_tests:q} \
                --scores {input.scores:q} \
                --example-maps {input.example_maps:q} \
                --boxes {params.settings[boxes]:q} \
                --models {params.settings[models]:q} \
                --estimator {params.settings[estimator]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "figure2" in config["figures"]:

    rule figure2:
        """Draw what the block and the loss of some models are made of."""
        input:
            shift_steps=expand("results/shift_steps/{model}.nc", model=figure2_models()),
            cka=case_files("cka", of=figure2_cases()),
            intervals=requested_files("intervals", of=figure2_cases()),
            sample_sizes=requested_files("sample_size", of=figure2_cases()),
            influence=requested_files("influence", of=figure2_cases()),
        output:
            pdf="results/figures/figure2.pdf",
            png=shown("results/figures/figure2.png", "figure2"),
        log:
            "logs/figures/figure2.log",
        benchmark:
            "results/benchmarks/figures/figure2.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure2"),
                models=figure2_flags(),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure2 \
                --shift-steps {input.shift_steps:q} \
                --cka {input.cka:q} \
                --intervals {input.intervals:q} \
                --sample-sizes {input.sample_sizes:q} \
                --influence {input.influence:q} \
                {params.settings[models]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "measures" in config["figures"]:

    rule measures:
        """Draw the matrices of some models by CKA and by the other measures, a column a measure."""
        input:
            cka=case_files("cka", of=in_order("measures")),
        output:
            pdf="results/figures/measures.pdf",
            png=shown("results/figures/measures.png", "measures"),
        log:
            "logs/figures/measures.log",
        benchmark:
            "results/benchmarks/figures/measures.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures measures"),
                estimator=config["figures"]["estimator"],
                measures=config["cka"]["measures"],
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures measures \
                --cka {input.cka:q} \
                --estimator {params.settings[estimator]:q} \
                --measures {params.settings[measures]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "comparisons" in config:

    rule comparisons:
        """Draw networks compared with each other, a panel for each two."""
        input:
            comparisons=COMPARISONS,
        output:
            pdf="results/figures/comparisons.pdf",
            png=shown("results/figures/comparisons.png", "comparisons_figure"),
        log:
            "logs/figures/comparisons.log",
        benchmark:
            "results/benchmarks/figures/comparisons.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures comparisons"),
                estimator=config["figures"]["estimator"],
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures comparisons \
                --comparisons {input.comparisons:q} \
                --estimator {params.settings[estimator]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "predictions" in config["figures"]:

    rule predictions:
        """Draw predicted against true parameters, a panel a case."""
        input:
            predictions=case_files("predictions", of=scored(of=drawn_cases(STUDY, "predictions"))),
            scores=case_files("scores", of=scored(of=drawn_cases(STUDY, "predictions"))),
        output:
            pdf="results/figures/predictions.pdf",
            png=shown("results/figures/predictions.png", "predictions"),
        log:
            "logs/figures/predictions.log",
        benchmark:
            "results/benchmarks/figures/predictions.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures predictions"),
                parameters=config["figures"]["parameters"],
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures predictions \
                --predictions {input.predictions:q} \
                --scores {input.scores:q} \
                --parameters {params.settings[parameters]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "influence" in config:

    for NUMBER, GROUP in enumerate(sheet_groups(STUDY), start=1):
        PARTS[f"influential_maps_{NUMBER}"] = (
            "influential_maps",
            [("influential_maps", {"model": model, "domain": domain}) for model, domain in GROUP],
        )

        rule:
            name:
                f"influential_maps_{NUMBER}"
            input:
                influence=case_files("influence", of=GROUP),
            output:
                *(
                    (
                        shown(
                            path,
                            "figure_influential_maps",
                            case=" shown ".join(Path(path).parts[-2:]).removesuffix(".png"),
                        )
                        if path.endswith(".png")
                        else path
                    )
                    for path in sheets(GROUP)
                ),
            log:
                f"logs/figures/influential_maps_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/figures/influential_maps_{NUMBER}.tsv"
            conda:
                "../../envs/figures.yaml"
            threads: 1
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"influential_maps_{NUMBER}"][1], 1)),
                runtime=grown(REQUESTS.minutes(PARTS[f"influential_maps_{NUMBER}"][1], 1)),
            params:
                settings=named(
                    code=digest("figures influential_maps"),
                    estimator=estimator_of_sheets(),
                    boxes=boxes(GROUP),
                    plotting=PLOTTING,
                ),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} --costs {log:q} figures influential_maps \
                    --influence {input.influence:q} \
                    --estimator {params.settings[estimator]:q} \
                    --boxes {params.settings[boxes]:q} \
                    --plotting {params.settings[plotting]:q} \
                    --outputs {output:q} \
                    2>{log:q}
                """


if "figure3" in figures():

    rule figure3:
        """Draw what goes with the loss of accuracy: correlations of all scores, and the pairs themselves."""
        input:
            failures="results/summary/failures.csv",
            correlations="results/summary/failure_correlations.csv",
            transfers="results/summary/failure_transfers.csv",
        output:
            pdf="results/figures/figure3.pdf",
            png=shown("results/figures/figure3.png", "figure3"),
        log:
            "logs/figures/figure3.log",
        benchmark:
            "results/benchmarks/figures/figure3.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(code=digest("figures figure3"), fields=field_flags(), plotting=PLOTTING),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure3 \
                --failures {input.failures:q} \
                --correlations {input.correlations:q} \
                --transfers {input.transfers:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """
