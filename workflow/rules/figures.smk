"""Stage figures: the paper's figure, its controls, other measures, networks compared, predictions, influential maps.

A figure reads the files of the cases that it draws and no others; figure 3, which draws correlations over networks,
three tables. No file of maps, activations or weights.

Requires: results/cka/, intervals/, permutation_tests/, example_maps/, scores/, predictions/, influence/,
sample_size/, shift_scores/, stress/, attribution/, repair/, pruning/ and trust/{model}/{domain}.nc, of attributions also
{domain}_to_{twin}.nc and {domain}_features.nc, of repairs {domain}_{rung}.nc and {domain}_latent_space.nc, of pruning
{domain}_retrained.nc and {domain}_cause.nc; results/shift_steps/{model}.nc; results/summary/failures.csv, failure_correlations.csv and
failure_transfers.csv.
Makes: results/figures/{figure}.pdf and .png; results/figures/influential_maps/{model}/{domain}.pdf and .png;
results/figures/figure4/, stress_maps/, figure5/ to figure9/, features/ and latent_space/{model}.pdf and .png.
"""


include: "../functions/figures.smk"


for FIGURE in [name for name in ("figure1", "controls") if name in config["figures"]]:

    rule:
        name:
            FIGURE
        input:
            **matrices_of(FIGURE),
        output:
            pdf=f"results/figures/{FIGURE}.pdf",
            png=shown(f"results/figures/{FIGURE}.png", FIGURE),
        log:
            f"logs/figures/{FIGURE}.log",
        benchmark:
            f"results/benchmarks/figures/{FIGURE}.tsv"
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
                models=drawn_models(STUDY, FIGURE),
                estimator=config["figures"]["estimator"],
                boxes=boxes(cases_in_order(STUDY, FIGURE)),
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
        """Draw what the block and the loss of some models consist of."""
        input:
            shift_steps=expand("results/shift_steps/{model}.nc", model=figure2_models(STUDY)),
            cka=case_files("cka", of=figure2_cases(STUDY)),
            intervals=requested_files("intervals", of=figure2_cases(STUDY)),
            sample_sizes=requested_files("sample_size", of=figure2_cases(STUDY)),
            influence=requested_files("influence", of=figure2_cases(STUDY)),
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


if "figure4" in config["figures"]:

    rule figure4:
        """Draw how far maps may change before a network fails, and the maps themselves, a figure of each a model."""
        input:
            stress=case_files("stress", of=drawn_cases(STUDY, "figure4")),
        output:
            curves=shown_of_models("figure4"),
            maps=shown_of_models("stress_maps"),
        log:
            "logs/figures/figure4.log",
        benchmark:
            "results/benchmarks/figures/figure4.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure4", "figures stress_maps"),
                parameters=config["figures"].get("parameters", []),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} run figures figure4 \
                --stress {input.stress:q} \
                --parameters {params.settings[parameters]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.curves:q} \
                then figures stress_maps \
                --stress {input.stress:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.maps:q} \
                2>{log:q}
            """


if "figure5" in config["figures"]:

    rule figure5:
        """Draw what networks look at and what that is worth, a figure a model."""
        input:
            attribution=case_files("attribution", of=drawn_cases(STUDY, "figure5")),
        output:
            shown_of_models("figure5"),
        log:
            "logs/figures/figure5.log",
        benchmark:
            "results/benchmarks/figures/figure5.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure5"),
                parameters=drawn_outputs(STUDY, "figure5"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure5 \
                --attribution {input.attribution:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "figure6" in config["figures"]:

    rule figure6:
        """Draw which pixels carry the shift between maps and their twins, a figure a model."""
        input:
            attribution_of_shift=shift_files(STUDY, of=drawn_cases(STUDY, "figure6")),
        output:
            shown_of_models("figure6"),
        log:
            "logs/figures/figure6.log",
        benchmark:
            "results/benchmarks/figures/figure6.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure6"),
                parameters=drawn_outputs(STUDY, "figure6"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure6 \
                --attribution-of-shift {input.attribution_of_shift:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "features" in config["figures"]:

    rule features_figure:
        """Draw what the channels of layers respond to, a figure a model."""
        input:
            features=feature_files(STUDY, of=drawn_cases(STUDY, "features")),
        output:
            shown_of_models("features"),
        log:
            "logs/figures/features.log",
        benchmark:
            "results/benchmarks/figures/features.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(code=digest("figures features"), plotting=PLOTTING),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures features \
                --features {input.features:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "figure7" in config["figures"]:

    rule figure7:
        """Draw what brings networks home, at what price, and what labels it takes, a figure a model."""
        input:
            repair=[
                *case_files("repair", of=drawn_cases(STUDY, "figure7")),
                *rung_files(STUDY, of=drawn_cases(STUDY, "figure7")),
            ],
        output:
            shown_of_models("figure7"),
        log:
            "logs/figures/figure7.log",
        benchmark:
            "results/benchmarks/figures/figure7.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure7"),
                parameters=drawn_parameters(STUDY, "figure7"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure7 \
                --repair {input.repair:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "figure8" in config["figures"]:

    rule figure8:
        """Draw what layers of networks are worth, and whether their likeness is a cause, a figure a model."""
        input:
            pruning=pruning_files(STUDY, of=drawn_cases(STUDY, "figure8")),
        output:
            shown_of_models("figure8"),
        log:
            "logs/figures/figure8.log",
        benchmark:
            "results/benchmarks/figures/figure8.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure8"),
                parameters=drawn_parameters(STUDY, "figure8"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure8 \
                --pruning {input.pruning:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "figure9" in config["figures"]:

    rule figure9:
        """Draw when networks may be believed, a figure a model."""
        input:
            trust=case_files("trust", of=drawn_cases(STUDY, "figure9")),
        output:
            shown_of_models("figure9"),
        log:
            "logs/figures/figure9.log",
        benchmark:
            "results/benchmarks/figures/figure9.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures figure9"),
                parameters=drawn_parameters(STUDY, "figure9"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures figure9 \
                --trust {input.trust:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "latent_space" in config["figures"]:

    rule latent_space_figure:
        """Draw maps in two dimensions, before and after repair, a figure a model."""
        input:
            latent_space=latent_space_files(STUDY, of=drawn_cases(STUDY, "latent_space")),
        output:
            shown_of_models("latent_space"),
        log:
            "logs/figures/latent_space.log",
        benchmark:
            "results/benchmarks/figures/latent_space.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("figures latent_space"),
                parameters=drawn_parameters(STUDY, "latent_space"),
                fields=field_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures latent_space \
                --latent-space {input.latent_space:q} \
                --parameters {params.settings[parameters]:q} {params.settings[fields]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output:q} \
                2>{log:q}
            """


if "measures" in config["figures"]:

    rule measures:
        """Draw the matrices of some models by CKA and by the other measures, a column a measure."""
        input:
            cka=case_files("cka", of=cases_in_order(STUDY, "measures")),
            intervals=requested_files("intervals", of=cases_in_order(STUDY, "measures")),
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
                --intervals {input.intervals:q} \
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
                units=unit_flags(),
                plotting=PLOTTING,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures predictions \
                --predictions {input.predictions:q} \
                --scores {input.scores:q} \
                --parameters {params.settings[parameters]:q} {params.settings[units]:q} \
                --plotting {params.settings[plotting]:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "shift_scores" in config["figures"]:

    rule shift_scores_figure:
        """Draw every shift score of some models beside its range between halves of their own domains."""
        input:
            shift_scores=case_files("shift_scores", of=drawn_shifts(STUDY)),
        output:
            pdf="results/figures/shift_scores.pdf",
            png=shown("results/figures/shift_scores.png", "shift_scores_figure"),
        log:
            "logs/figures/shift_scores.log",
        benchmark:
            "results/benchmarks/figures/shift_scores.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(code=digest("figures shift_scores"), plotting=PLOTTING),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} figures shift_scores \
                --shift-scores {input.shift_scores:q} \
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
                shown_sheets(GROUP),
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
                    estimator=estimator_of_sheets(STUDY),
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
