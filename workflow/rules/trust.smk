"""Stage trust: when a network may be believed, map by map.

A job takes a model and some of its domains, as those of network.smk.

Requires: files of the domains' maps, results/models/{model}.pt and .json, and results/predictions/{trial}/{domain}.nc of
the model's trials.
Makes: results/trust/{model}/{domain}.nc.
"""


include: "../functions/trust.smk"


for MODEL in STUDY.trust.cases:
    for NUMBER, DOMAINS in enumerate(trust_groups(STUDY, MODEL), start=1):
        JOB = trust_job(STUDY, MODEL, DOMAINS)
        PARTS[f"trust_{MODEL}_{NUMBER}"] = (
            f"trust {MODEL}",
            parts_of_trust(MODEL, DOMAINS),
        )

        rule:
            name:
                f"trust_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/trust/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/trust/{MODEL}_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"trust_{MODEL}_{NUMBER}"][1], STUDY.threads)),
                runtime=grown(REQUESTS.minutes(PARTS[f"trust_{MODEL}_{NUMBER}"][1], STUDY.threads)),
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
