"""Stage models, of networks that CMD publishes: the others are made where they run first, see network.smk.

Requires: what is measured of the maps that they were trained on, the study and the weights that CMD publishes.
Makes: results/models/{model}.pt and .json.
"""

from repshift.study.files import moments_of_trial, trial_files

PUBLISHED = [name for name, model in STUDY.models.items() if model.rank is not None]

if PUBLISHED:

    def measured_of_trial(wildcards):
        """Return what was measured of the maps that a published network was trained on."""
        return moments_of_trial(STUDY, wildcards.model)

    def trial_paths(kind):
        """Return the function of wildcards that gives the paths of a model's study, or of its weights for any trial."""

        def paths(wildcards):
            return trial_files(STUDY, kind, wildcards.model)

        return paths

    def is_remote(wildcards):
        """Return whether the files of a model's suite are fetched."""
        return config["models"][wildcards.model]["suite"] in REMOTE

    def roots_of_trial(wildcards):
        """Return the addresses that the files of a model's suite are fetched from; none of a local suite."""
        return ROOTS if is_remote(wildcards) else ""

    def directory_of_trial(wildcards):
        """Return the flag that says where they are kept."""
        return ["--directory", CMD["directory"]] if is_remote(wildcards) else []

    def layers_flag(wildcards):
        """Return the flag that names the layers of a network of CMD, where the configuration does."""
        layers = config["models"][wildcards.model].get("layers")
        return ["--layers", *layers] if layers else []

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
                field=lookup(dpath="models/{model}/field", within=config),
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
