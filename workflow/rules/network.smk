"""Stages activations, grams, predictions and symmetries: what runs a network.

A job takes a model and some of its domains, as many as run in under two minutes by a rough count of their work. Its rule has its
files by name: files in a directory() are not seen by Snakemake when one of them is edited, added or lost.

Requires: files of the domains' maps in the model's field, and what the model is made from.
Makes: results/models/{model}.pt and .json; results/activations/, grams/, predictions/ and symmetries/,
{model}/{domain}.nc each.
"""


include: "../functions/network.smk"


for MODEL in STUDY.cases:
    for NUMBER, DOMAINS in enumerate(network_groups(STUDY, MODEL), start=1):
        JOB = network_job(STUDY, MODEL, DOMAINS)
        PARTS[f"network_{MODEL}_{NUMBER}"] = (
            f"network {MODEL}",
            parts_of_network(STUDY, MODEL, DOMAINS),
        )

        rule:
            name:
                f"network_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
                temp(JOB.temporary),
            log:
                f"logs/network/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/network/{MODEL}_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"network_{MODEL}_{NUMBER}"][1], STUDY.threads)),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"network_{MODEL}_{NUMBER}"][1], STUDY.threads)
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
