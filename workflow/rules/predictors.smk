"""Stage predictors: what can be seen, without labels, of a model shown another domain than its own.

Requires: results/grams/{model}/{domain}.nc of a case out of distribution, results/predictions of the case and of the
model's own domain, those of its other trials, results/symmetries of both where there are any, and the files of maps.
Makes: results/predictors/{model}/{domain}.nc.
"""


rule predictors:
    """Compare a case out of distribution with the model's own domain in every way that needs no labels."""
    input:
        unpack(predictor_files),
        grams="results/grams/{model}/{domain}.nc",
    output:
        predictors="results/predictors/{model}/{domain}.nc",
    log:
        "logs/predictors/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/predictors/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("predictors")),
        runtime=grown(minutes_of("predictors")),
    params:
        code=digest("predictors"),
        symmetries=symmetries_flags,
        trials=trials_flags,
        paired=paired_flag,
        shift=shift_of,
        condition=condition_of,
        settings=PREDICTORS,
    shell:
        """
        python -m repshift predictors \
            --grams {input.grams:q} \
            --maps {input.maps:q} \
            --measured {input.measured:q} \
            --predictions {input.predictions:q} \
            --own-maps {input.own_maps:q} \
            --own-measured {input.own_measured:q} \
            --own-predictions {input.own_predictions:q} \
            {params.symmetries:q} {params.trials:q} {params.paired:q} \
            --shift {params.shift:q} \
            --condition {params.condition:q} \
            --components {params.settings[components]:q} \
            --folds {params.settings[folds]:q} \
            --seed {params.settings[seed]:q} \
            --output {output.predictors:q} \
            2>{log:q}
        """
