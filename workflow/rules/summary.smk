"""Stage summary: the numbers of all cases in one file, and its tables.

Requires: results/cka/{model}/{domain}.nc of every case and of every comparison, results/scores/ of those scored, and
of the stages that the configuration has intervals/, permutation_tests/, influence/, sample_size/, shift_scores/
{model}/{domain}.nc, of those under stress results/stress/{model}/{domain}.nc, of those attributed results/attribution/{model}/{domain}.nc
and {domain}_to_{twin}.nc, of those repaired, pruned or judged map by map what the stages repair, pruning and trust make of
them, and results/shift_steps/{model}.nc.
Makes: results/summary/summary.nc and results/summary/{table}.csv.
"""


include: "../functions/summary.smk"


rule summary:
    """Stack the numbers of all cases, and write every table of them."""
    input:
        cka=case_files("cka"),
        scores=case_files("scores", of=scored()),
        intervals=requested_files("intervals"),
        permutation_tests=requested_files("permutation_tests"),
        influence=requested_files("influence"),
        sample_sizes=requested_files("sample_size"),
        comparisons=COMPARISONS,
        shift_steps=expand("results/shift_steps/{model}.nc", model=config.get("shift_steps", [])),
        shift_scores=case_files("shift_scores", of=shift_score_cases(STUDY)),
        stress=STRESS,
        smallest=SMALLEST,
        attribution=attribution_files(STUDY),
        attribution_of_shift=shift_files(STUDY),
        repair=[*repair_files(STUDY), *rung_files(STUDY)],
        pruning=[path for path in pruning_files(STUDY) if path not in cause_files(STUDY)],
        pruning_cause=cause_files(STUDY),
        trust=trust_files(STUDY),
    output:
        summary="results/summary/summary.nc",
        tables=[shown_table(path) for path in OF_CASES],
    log:
        "logs/summary/summary.log",
    benchmark:
        "results/benchmarks/summary/summary.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("summary stack", "summary tables"),
            tables=[Path(path).stem for path in OF_CASES],
            failures=failure_flags(),
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} run summary stack \
            --cka {input.cka:q} \
            --scores {input.scores:q} \
            --intervals {input.intervals:q} \
            --permutation-tests {input.permutation_tests:q} \
            --influence {input.influence:q} \
            --sample-sizes {input.sample_sizes:q} \
            --comparisons {input.comparisons:q} \
            --shift-steps {input.shift_steps:q} \
            --shift-scores {input.shift_scores:q} \
            --stress {input.stress:q} \
            --smallest {input.smallest:q} \
            --attribution {input.attribution:q} \
            --attribution-of-shift {input.attribution_of_shift:q} \
            --repair {input.repair:q} \
            --pruning {input.pruning:q} \
            --pruning-cause {input.pruning_cause:q} \
            --trust {input.trust:q} \
            --output {output.summary:q} \
            then summary tables \
            --summary {output.summary:q} {params.settings[failures]:q} \
            --tables {params.settings[tables]:q} \
            --outputs {output.tables:q} \
            2>{log:q}
        """


if OVER_NETWORKS:

    rule correlations:
        """Correlate the loss of accuracy with each shift score, over networks."""
        input:
            failures="results/summary/failures.csv",
        output:
            correlations=shown_table("results/summary/failure_correlations.csv"),
            transfers=shown_table("results/summary/failure_transfers.csv"),
        log:
            "logs/summary/correlations.log",
        benchmark:
            "results/benchmarks/summary/correlations.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(30),
        params:
            settings=named(
                code=digest("summary correlations"),
                resamples=config["failures"]["resamples"],
                seed=config["failures"]["seed"],
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} summary correlations \
                --failures {input.failures:q} \
                --resamples {params.settings[resamples]:q} \
                --seed {params.settings[seed]:q} \
                --output-correlations {output.correlations:q} \
                --output-transfers {output.transfers:q} \
                2>{log:q}
            """


if CHOICES:

    rule choices:
        """Choose among networks by each number without labels, and say what it costs."""
        input:
            scores="results/summary/scores.csv",
            shift_scores="results/summary/shift_scores.csv",
        output:
            choices=shown_table("results/summary/choices.csv"),
        log:
            "logs/summary/choices.log",
        benchmark:
            "results/benchmarks/summary/choices.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(
                code=digest("summary choices"),
                repaired=repaired_flags(),
                resamples=config["failures"]["resamples"],
                seed=config["failures"]["seed"],
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} summary choices \
                --scores {input.scores:q} \
                --shift-scores {input.shift_scores:q} \
                {params.settings[repaired]:q} \
                --resamples {params.settings[resamples]:q} \
                --seed {params.settings[seed]:q} \
                --output {output.choices:q} \
                2>{log:q}
            """
