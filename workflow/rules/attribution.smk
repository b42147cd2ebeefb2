"""Stage attribution: which pixels an output comes from, what its map is worth, and which pixels carry a shift.

A job takes a model and some of its domains, its own first, as those of network.smk.

Requires: files of the domains' maps, of their twins and of the field that divides pixels by density, and
results/models/{model}.pt and .json.
Makes: results/attribution/{model}/{domain}.nc; of each twin {domain}_to_{twin}.nc; on request {domain}_features.nc.
"""


include: "../functions/attribution.smk"


for MODEL in STUDY.attribution.cases:
    for NUMBER, DOMAINS in enumerate(attribution_groups(STUDY, MODEL), start=1):
        JOB = attribution_job(STUDY, MODEL, DOMAINS)
        PARTS[f"attribution_{MODEL}_{NUMBER}"] = (
            f"attribution {MODEL}",
            parts_of_attribution(STUDY, MODEL, DOMAINS),
        )

        rule:
            name:
                f"attribution_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/attribution/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/attribution/{MODEL}_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(
                    REQUESTS.memory(PARTS[f"attribution_{MODEL}_{NUMBER}"][1], STUDY.threads)
                ),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"attribution_{MODEL}_{NUMBER}"][1], STUDY.threads)
                ),
                gpu=GPU,
            params:
                settings=named(
                    code=digest_of_job(JOB),
                    own_code=own_code(MODEL),
                    commands=JOB.words,
                ),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} {params.settings[own_code]:q} --costs {log:q} \
                    run --gpus {resources.gpu:q} {params.settings[commands]:q} \
                    2>{log:q}
                """
