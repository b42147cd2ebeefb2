"""Stage maps: files of maps and parameters, and what is measured of them.

Requires: nothing (mock suites), or the directory of a local suite.
Makes: results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy, params_{set}_{suite}.txt, and a .json beside the maps.
"""

if "mock" in config["maps"]:

    rule maps:
        """Simulate one set of a mock suite, in both fields."""
        output:
            mtot="results/maps/{suite}/Maps_Mtot_{suite}_{set}_z=0.00.npy",
            t="results/maps/{suite}/Maps_T_{suite}_{set}_z=0.00.npy",
            parameters="results/maps/{suite}/params_{set}_{suite}.txt",
        log:
            "logs/maps/{suite}/{set}.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{set}.tsv"
        conda:
            "../../envs/maps.yaml"
        threads: simulation_threads()
        resources:
            mem_mb=simulation_memory,
            runtime=120,
        params:
            code=digest("maps"),
            supernova=channel_of("supernova"),
            agn=channel_of("agn"),
            simulations=simulations_of,
            size=config["maps"]["mock"]["size"],
            box=config["maps"]["mock"]["box"],
            seed=config["maps"]["mock"]["seed"],
        shell:
            """
            python -m repshift maps simulate \
                --suite {wildcards.suite:q} \
                --set {wildcards.set:q} \
                --supernova {params.supernova:q} \
                --agn {params.agn:q} \
                --simulations {params.simulations:q} \
                --size {params.size:q} \
                --box {params.box:q} \
                --seed {params.seed:q} \
                --processes {threads:q} \
                --output-mtot {output.mtot:q} \
                --output-t {output.t:q} \
                --output-parameters {output.parameters:q} \
                2>{log:q}
            """


rule measured:
    """Measure a file of maps once: moments after the logarithm, shape, checksum."""
    input:
        maps=measured_maps,
    output:
        measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.json",
    log:
        "logs/maps/{suite}/{field}_{set}.log",
    benchmark:
        "results/benchmarks/maps/{suite}/{field}_{set}.tsv"
    conda:
        "../../envs/maps.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=digest("maps"),
    shell:
        """
        python -m repshift maps measure \
            --maps {input.maps:q} \
            --field {wildcards.field:q} \
            --output {output.measured:q} \
            2>{log:q}
        """
