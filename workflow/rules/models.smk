"""Stage models, of networks that CMD publishes: the others are made where they run first, see network.smk.

Requires: what is measured of the maps that they were trained on, the study and the weights that CMD publishes.
Makes: results/models/{model}.pt and .json.
"""


include: "../functions/models.smk"


if PUBLISHED:

    rule trial:
        """Choose a trial of CMD's search by its rank, fetch its weights alone, and bring them into the standard form."""
        input:
            measured=measured_of_trial,
        output:
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        log:
            "logs/models/{model}.log",
        benchmark:
            "results/benchmarks/models/{model}.tsv"
        wildcard_constraints:
            model="|".join(PUBLISHED),
        localrule: True
        conda:
            "../../envs/models.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            roots=roots_of_trial,
        params:
            settings=named(
                code=digest("models trial"),
                suite=lookup(dpath="models/{model}/suite", within=config),
                field=field_of_model,
                rank=lookup(dpath="models/{model}/rank", within=config),
                layers=layers_flag,
                study=STUDY.catalogue.study,
                studies=trial_paths("study"),
                weights=trial_paths("weights"),
                directory=directory_of_trial,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} models trial \
                --study {params.settings[study]:q} \
                --studies {params.settings[studies]:q} \
                --weights {params.settings[weights]:q} \
                --rank {params.settings[rank]:q} \
                {params.settings[directory]:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --measured {input.measured:q} \
                --suite {params.settings[suite]:q} \
                --field {params.settings[field]:q} {params.settings[layers]:q} \
                --output {output.weights:q} \
                2>{log:q}
            """
