"""Stage training: train networks on the maps of one suite and field, and publish them.

Requires: files of the stage maps, of the set that training.set names.
Makes: results/training/{model}.pt, .json and .csv; results/figures/learning_curve.pdf and .png;
publish copies models to the weights that the configuration names.
"""


include: "../functions/training.smk"


rule training:
    """Train the network of a model."""
    input:
        unpack(files_of_training),
    output:
        weights="results/training/{model}.pt",
        description="results/training/{model}.json",
        curve="results/training/{model}.csv",
    log:
        "logs/training/{model}.log",
    benchmark:
        "results/benchmarks/training/{model}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["threads"]
    resources:
        mem_mb=grown(memory_of("training", STUDY.threads)),
        runtime=grown(minutes_of("training", STUDY.threads)),
        gpu=GPU,
    params:
        settings=named(
            code=digest("training train"),
            suite=lookup(dpath="models/{model}/suite", within=config),
            field=field_of_model,
            seed=seed_of_training,
            configuration=configuration_of_training,
            device=config["device"],
            threads=config["threads"],
            checkpoint=checkpoint_of_training,
            **{
                name: value
                for name, value in config["training"].items()
                if name not in ("models", "set", "seed")
            },
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} training train \
            --maps {input.maps:q} \
            --parameters {input.parameters:q} \
            --measured {input.measured:q} \
            --suite {params.settings[suite]:q} \
            --field {params.settings[field]:q} \
            --hidden {params.settings[hidden]:q} \
            --dropout {params.settings[dropout]:q} \
            --seed {params.settings[seed]:q} \
            --epochs {params.settings[epochs]:q} \
            --batch-size {params.settings[batch_size]:q} \
            --learning-rate {params.settings[learning_rate]:q} \
            --weight-decay {params.settings[weight_decay]:q} \
            --patience {params.settings[patience]:q} \
            --device {params.settings[device]:q} \
            --gpus {resources.gpu:q} \
            --threads {params.settings[threads]:q} \
            --configuration {params.settings[configuration]:q} \
            --code {params.settings[code]:q} \
            --checkpoint {params.settings[checkpoint]:q} \
            --output {output.weights:q} \
            --output-curve {output.curve:q} \
            2>{log:q}
        """


rule learning_curve:
    """Draw the losses of each epoch of all trained models."""
    input:
        curves=training_results("csv"),
    output:
        pdf="results/figures/learning_curve.pdf",
        png=shown("results/figures/learning_curve.png", "learning_curve"),
    log:
        "logs/figures/learning_curve.log",
    benchmark:
        "results/benchmarks/figures/learning_curve.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("figures learning_curve"),
            models=config["training"]["models"],
            plotting=PLOTTING,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} figures learning_curve \
            --curves {input.curves:q} \
            --models {params.settings[models]:q} \
            --plotting {params.settings[plotting]:q} \
            --outputs {output.pdf:q} {output.png:q} \
            2>{log:q}
        """


rule train:
    """Train every model that training.models names, and draw the learning curves."""
    input:
        training_results("pt"),
        "results/figures/learning_curve.pdf",


rule publish_model:
    """Copy a trained model to the weights that the configuration names, where git keeps it."""
    input:
        weights="results/training/{model}.pt",
        description="results/training/{model}.json",
    output:
        marker=temp(touch("results/training/{model}.published")),
    log:
        "logs/training/{model}_published.log",
    benchmark:
        "results/benchmarks/training/{model}_published.tsv"
    localrule: True
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("training publish"),
            weights=lookup(dpath="models/{model}/weights", within=config),
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} training publish \
            --weights {input.weights:q} \
            --output {params.settings[weights]:q} \
            2>{log:q}
        """


rule publish:
    """Publish every model of training.models whose weights lie elsewhere than where it was trained."""
    input:
        published(),
