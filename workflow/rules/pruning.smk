"""Stage pruning: layers of a network replaced, replaced networks trained again, and CKA moved by the loss.

A job does some of this to a model, judged on one of its domains each, its own first.

Requires: files of the domains' maps and of sets that are trained on, and results/models/{model}.pt and .json.
Makes: results/pruning/{model}/{domain}.nc; on request {domain}_retrained.nc and {domain}_cause.nc.
"""


include: "../functions/pruning.smk"


for MODEL in STUDY.pruning.cases:
    for NUMBER, ACTIONS in enumerate(pruning_groups(STUDY, MODEL), start=1):
        JOB = pruning_job(STUDY, MODEL, ACTIONS)
        PARTS[f"pruning_{MODEL}_{NUMBER}"] = (
            f"pruning {MODEL}",
            parts_of_pruning(MODEL, ACTIONS),
        )

        rule:
            name:
                f"pruning_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/pruning/{MODEL}_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/pruning/{MODEL}_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"pruning_{MODEL}_{NUMBER}"][1], STUDY.threads)),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"pruning_{MODEL}_{NUMBER}"][1], STUDY.threads)
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
