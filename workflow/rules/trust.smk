"""Stage trust: when a network may be believed, map by map.

A job takes cases of several models: it would take as long to start as a small case.

Requires: files of the domains' maps, results/models/{model}.pt and .json, and results/predictions/{trial}/{domain}.nc of
the model's trials.
Makes: results/trust/{model}/{domain}.nc.
"""


include: "../functions/trust.smk"


for NUMBER, GROUP in enumerate(trust_groups(STUDY), start=1):
    JOB = joined_job([trust_job(STUDY, MODEL, (DOMAIN,)) for MODEL, DOMAIN in GROUP])
    PARTS[f"trust_{NUMBER}"] = ("trust", parts_of_trust(GROUP))

    rule:
        name:
            f"trust_{NUMBER}"
        input:
            JOB.inputs,
        output:
            JOB.outputs,
        log:
            f"logs/trust/cases_{NUMBER}.log",
        benchmark:
            f"results/benchmarks/trust/cases_{NUMBER}.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: STUDY.threads
        resources:
            mem_mb=grown(REQUESTS.memory(PARTS[f"trust_{NUMBER}"][1], STUDY.threads)),
            runtime=grown(REQUESTS.minutes(PARTS[f"trust_{NUMBER}"][1], STUDY.threads)),
            gpu=GPU,
        params:
            settings=named(
                code=digest_of_job(JOB),
                own_code=own_code(GROUP[0][0]),
                commands=JOB.words,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} {params.settings[own_code]:q} --costs {log:q} \
                run --gpus {resources.gpu:q} {params.settings[commands]:q} \
                2>{log:q}
            """
