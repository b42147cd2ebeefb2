"""Stages intervals, permutation_tests, influence, sample_size, scores, shift_scores and shift_steps: of cases.

A job takes a model and some of its domains, as those of network.smk.

Requires: results/grams/{model}/{domain}.nc; for influence and shift_scores the files of maps; for scores and
shift_scores results/predictions/{model}/{domain}.nc, for shift_scores also results/symmetries/{model}/{domain}.nc.
Makes: results/{stage}/{model}/{domain}.nc; of shift_steps results/shift_steps/{model}.nc.
"""


include: "../functions/statistics.smk"


STATISTICS_ENVIRONMENT = (
    "../../envs/analysis.yaml"
    if STUDY.statistics.device == "cpu"
    else "../../envs/analysis_gpu.yaml"
)

for MODEL in STUDY.cases:
    for NUMBER, DOMAINS in enumerate(statistics_groups(STUDY, MODEL), start=1):
        JOB = statistics_job(STUDY, MODEL, DOMAINS)
        PARTS[f"statistics_{MODEL}_{NUMBER}"] = (
            f"statistics {MODEL}",
            parts_of_statistics(STUDY, MODEL, DOMAINS),
        )

        rule:
            name:
                f"statistics_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/statistics/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/statistics/{MODEL}_{NUMBER}.tsv"
            conda:
                STATISTICS_ENVIRONMENT
            threads: STUDY.threads
            resources:
                mem_mb=grown(
                    REQUESTS.memory(PARTS[f"statistics_{MODEL}_{NUMBER}"][1], STUDY.threads)
                ),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"statistics_{MODEL}_{NUMBER}"][1], STUDY.threads)
                ),
                gpu=0 if STUDY.statistics.device == "cpu" else 1,
            params:
                settings=named(code=digest_of_job(JOB), commands=JOB.words),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} --costs {log:q} \
                    run {params.settings[commands]:q} \
                    2>{log:q}
                """


if "shift_steps" in config:

    rule shift_steps:
        """Say what share of a shift each change of the maps takes away."""
        input:
            case_files("grams", of=shift_step_cases(STUDY)),
            case_files("predictions", of=scored(of=shift_step_cases(STUDY))),
            case_files("scores", of=scored(of=shift_step_cases(STUDY))),
            requested_files("intervals", of=shift_step_cases(STUDY)),
        output:
            expand("results/shift_steps/{model}.nc", model=config["shift_steps"]),
        log:
            "logs/shift_steps/shift_steps.log",
        benchmark:
            "results/benchmarks/shift_steps/shift_steps.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            settings=named(code=digest("shift_steps"), commands=shift_steps_words()),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} \
                run {params.settings[commands]:q} \
                2>{log:q}
            """
