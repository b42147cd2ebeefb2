"""Stage stress: the maps of some cases, perturbed in memory along axes of strength.

A job takes a model and some of its domains, its own first, as those of network.smk.

Requires: files of the domains' maps and of their twins, results/models/{model}.pt and .json, and
results/predictions/{model}/{domain}.nc of the model's own domain.
Makes: results/stress/{model}/{domain}.nc; on request {domain}_smallest.nc.
"""


include: "../functions/stress.smk"


for MODEL in STUDY.stress.cases:
    for NUMBER, DOMAINS in enumerate(stress_groups(STUDY, MODEL), start=1):
        JOB = stress_job(STUDY, MODEL, DOMAINS)
        PARTS[f"stress_{MODEL}_{NUMBER}"] = (
            f"stress {MODEL}",
            parts_of_stress(STUDY, MODEL, DOMAINS),
        )

        rule:
            name:
                f"stress_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/stress/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/stress/{MODEL}_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"stress_{MODEL}_{NUMBER}"][1], STUDY.threads)),
                runtime=grown(REQUESTS.minutes(PARTS[f"stress_{MODEL}_{NUMBER}"][1], STUDY.threads)),
                gpu=GPU,
            params:
                settings=named(
                    code=digest_of_job(JOB),
                    own_code=code_of_stress(MODEL, DOMAINS),
                    commands=JOB.words,
                ),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} {params.settings[own_code]:q} --costs {log:q} \
                    run --gpus {resources.gpu:q} {params.settings[commands]:q} \
                    2>{log:q}
                """
