"""Stage repair: ladders of repairs that take no training, rungs that train, and latent spaces.

A job makes the ladders of some models, each for a domain; one, on request, the latent spaces of a model, which the
figure alone reads; one trains rungs of a case on some splits, as many as take under two minutes by a rough count of
their work, controls first; where splits of a rung are of several jobs, one joins them.

Requires: files of the maps of the domains, of the models' own domains, of sets that are trained on and of further suites,
results/models/{model}.pt and .json, and results/predictions/{bound}/{domain}.nc of models that are judged beside.
Makes: results/repair/{model}/{domain}.nc; of each trained rung {domain}_{rung}.nc, of several jobs
{domain}_{rung}_part{number}.nc; on request {domain}_latent_space.nc.
"""


include: "../functions/repair.smk"


for NUMBER, GROUP in enumerate(repair_groups(STUDY), start=1):
    JOB = joined_job([repair_job(STUDY, MODEL, (DOMAIN,)) for MODEL, DOMAIN in GROUP])
    PARTS[f"repair_{NUMBER}"] = ("repair", parts_of_repair(GROUP))

    rule:
        name:
            f"repair_{NUMBER}"
        input:
            JOB.inputs,
        output:
            JOB.outputs,
        log:
            f"logs/repair/ladders_{NUMBER}.log",
        benchmark:
            f"results/benchmarks/repair/ladders_{NUMBER}.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: STUDY.threads
        resources:
            mem_mb=grown(REQUESTS.memory(PARTS[f"repair_{NUMBER}"][1], STUDY.threads)),
            runtime=grown(REQUESTS.minutes(PARTS[f"repair_{NUMBER}"][1], STUDY.threads)),
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


for MODEL in STUDY.repair.cases:
    for NUMBER, DOMAINS in enumerate(latent_space_groups(STUDY, MODEL), start=1):
        JOB = latent_space_job(STUDY, MODEL, DOMAINS)
        PARTS[f"latent_space_{MODEL}_{NUMBER}"] = (
            f"latent space of {MODEL}",
            parts_of_latent_space(MODEL, DOMAINS),
        )

        rule:
            name:
                f"latent_space_{MODEL}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/repair/{MODEL}_latent_space_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/repair/{MODEL}_latent_space_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(
                    REQUESTS.memory(PARTS[f"latent_space_{MODEL}_{NUMBER}"][1], STUDY.threads)
                ),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"latent_space_{MODEL}_{NUMBER}"][1], STUDY.threads)
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


for MODEL, DOMAIN in repair_cases(STUDY):
    GROUPS = training_groups(STUDY, MODEL, DOMAIN)
    for NUMBER, OF_JOB in enumerate(GROUPS, start=1):
        JOB = training_job(STUDY, MODEL, DOMAIN, OF_JOB)
        PARTS[f"rungs_{MODEL}_{DOMAIN}_{NUMBER}"] = (
            f"rungs of {MODEL} for {DOMAIN}",
            parts_of_training(MODEL, DOMAIN, OF_JOB),
        )

        rule:
            name:
                f"rungs_{MODEL}_{DOMAIN}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/repair/{MODEL}_{DOMAIN}_rungs_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/repair/{MODEL}_{DOMAIN}_rungs_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: STUDY.threads
            resources:
                mem_mb=grown(
                    REQUESTS.memory(PARTS[f"rungs_{MODEL}_{DOMAIN}_{NUMBER}"][1], STUDY.threads)
                ),
                runtime=grown(
                    REQUESTS.minutes(PARTS[f"rungs_{MODEL}_{DOMAIN}_{NUMBER}"][1], STUDY.threads)
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

    for NUMBER, OF_JOB in enumerate(joined_parts(STUDY, GROUPS), start=1):
        JOB = join_job(STUDY, MODEL, DOMAIN, OF_JOB)
        PARTS[f"join_{MODEL}_{DOMAIN}_{NUMBER}"] = (
            f"joining rungs of {MODEL} for {DOMAIN}",
            parts_of_join(MODEL, DOMAIN, OF_JOB),
        )

        rule:
            name:
                f"join_{MODEL}_{DOMAIN}_{NUMBER}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/repair/{MODEL}_{DOMAIN}_join_{NUMBER}.log",
            benchmark:
                f"results/benchmarks/repair/{MODEL}_{DOMAIN}_join_{NUMBER}.tsv"
            conda:
                "../../envs/torch.yaml"
            threads: 1
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"join_{MODEL}_{DOMAIN}_{NUMBER}"][1], 1)),
                runtime=grown(REQUESTS.minutes(PARTS[f"join_{MODEL}_{DOMAIN}_{NUMBER}"][1], 1)),
            params:
                settings=named(
                    code=digest_of_job(JOB),
                    commands=JOB.words,
                ),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} --costs {log:q} \
                    run {params.settings[commands]:q} \
                    2>{log:q}
                """
