"""Stage maps: files of maps and parameters, and what is measured of them.

Requires: nothing (mock suites), the directory of a local suite, one's own files, the addresses of CMD, or maps of the
suites that a derived suite is made with.
Makes: results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy, params_{set}_{suite}.txt, and a .json beside the maps;
of slices {split}/Maps_{field}_{suite}_{set}_z=0.00.npy and .json. Files fetched lie in maps.cmd.directory.
"""

if MOCK:

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
        wildcard_constraints:
            suite="|".join(MOCK),
        conda:
            "../../envs/maps.yaml"
        threads: simulation_threads()
        resources:
            mem_mb=grown(memory_of("maps")),
            runtime=grown(minutes_of("maps")),
        params:
            code=digest("maps"),
            supernova=channel_of("supernova"),
            agn=channel_of("agn"),
            simulations=simulations_of,
            size=config["maps"]["mock"]["size"],
            particles=particles(),
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
                --particles {params.particles:q} \
                --box {params.box:q} \
                --seed {params.seed:q} \
                --processes {threads:q} \
                --output-mtot {output.mtot:q} \
                --output-t {output.t:q} \
                --output-parameters {output.parameters:q} \
                2>{log:q}
            """


if FETCHED:

    rule download_maps:
        """Fetch a file of maps of CMD, or find it where it was fetched, and point to it."""
        output:
            file="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_download.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_download.tsv"
        wildcard_constraints:
            suite="|".join(FETCHED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            roots=ROOTS,
        params:
            content="maps",
            files=maps_files,
            directory=CMD["directory"],
        shell:
            """
            python -m repshift maps download \
                --content {params.content:q} \
                --files {params.files:q} \
                --directory {params.directory:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --output {output.file:q} \
                2>{log:q}
            """


if REMOTE:

    rule download_parameters:
        """Fetch a table of parameters of CMD, or find it where it was fetched, and point to it."""
        output:
            file="results/maps/{suite}/params_{set}_{suite}.txt",
        log:
            "logs/maps/{suite}/{set}_download.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{set}_download.tsv"
        wildcard_constraints:
            suite="|".join(REMOTE),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            roots=ROOTS,
        params:
            content="parameters",
            files=parameters_files,
            directory=CMD["directory"],
        shell:
            """
            python -m repshift maps download \
                --content {params.content:q} \
                --files {params.files:q} \
                --directory {params.directory:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --output {output.file:q} \
                2>{log:q}
            """


if FILES:

    rule convert:
        """Bring maps in FITS, a cube or a folder of files, into one file of maps."""
        input:
            source=source_of_maps,
        output:
            maps="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_convert.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_convert.tsv"
        wildcard_constraints:
            suite="|".join(FILES),
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            mem_mb=grown(memory_of("convert")),
            runtime=grown(minutes_of("convert")),
        params:
            code=digest_of("storage.fits"),
            source=source_flag,
        shell:
            """
            python -m repshift maps convert \
                --source {params.source:q} \
                --output {output.maps:q} \
                2>{log:q}
            """


if DERIVED:

    rule derive:
        """Make the maps of a suite from those of another: like those of a third, with noise, or seen with a beam."""
        input:
            unpack(derived_files),
        output:
            maps="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_derive.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_derive.tsv"
        wildcard_constraints:
            suite="|".join(DERIVED),
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            mem_mb=grown(memory_of("derive")),
            runtime=grown(minutes_of("derive")),
        params:
            code=digest_of("stages.deriving"),
            change=derived_flags,
        shell:
            """
            python -m repshift maps derive \
                --maps {input.maps:q} \
                --field {wildcards.field:q} \
                {params.change:q} \
                --output {output.maps:q} \
                2>{log:q}
            """


rule measured:
    """Measure a file of maps once: moments after the preprocessing, shape, checksum."""
    input:
        maps=measured_maps,
    output:
        measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
    log:
        "logs/maps/{suite}/{field}_{set}{variant}.log",
    benchmark:
        "results/benchmarks/maps/{suite}/{field}_{set}{variant}.tsv"
    wildcard_constraints:
        suite="|".join([*MOCK, *LOCAL, *FETCHED, *FILES, *DERIVED, "(?!)"]),
    conda:
        "../../envs/maps.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("measured")),
        runtime=grown(minutes_of("measured")),
    params:
        code=digest("maps"),
        form=form_flags,
        smoothing=of_variant("smoothing"),
        monopole=of_variant("monopole"),
        logarithm=logarithm_flag,
        directory=directory_of_suite,
    shell:
        """
        python -m repshift maps measure \
            --maps {input.maps:q} {params.directory:q} \
            --field {wildcards.field:q} {params.form:q} \
            --smoothing {params.smoothing:q} \
            --monopole {params.monopole:q} {params.logarithm:q} \
            --output {output.measured:q} \
            2>{log:q}
        """


if SLICED:

    rule sample:
        """Measure a file of maps where it lies on the server: a sample of its maps, or all of them."""
        output:
            measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        log:
            "logs/maps/{suite}/{field}_{set}{variant}_sample.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}{variant}_sample.tsv"
        wildcard_constraints:
            suite="|".join(SLICED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            roots=ROOTS,
        params:
            code=digest_of("networks.sampling"),
            files=maps_files,
            sample=SLICES["sample"],
            seed=SLICES["seed"],
            smoothing=of_variant("smoothing"),
            monopole=of_variant("monopole"),
            logarithm=logarithm_flag,
        shell:
            """
            python -m repshift maps sample \
                --files {params.files:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --field {wildcards.field:q} \
                --sample {params.sample:q} \
                --seed {params.seed:q} \
                --smoothing {params.smoothing:q} \
                --monopole {params.monopole:q} {params.logarithm:q} \
                --output {output.measured:q} \
                2>{log:q}
            """

    rule slice:
        """Fetch only the maps of a split."""
        input:
            measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        output:
            maps="results/maps/{suite}/{split}/Maps_{field}_{suite}_{set}_z=0.00{variant}.npy",
            measured="results/maps/{suite}/{split}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        log:
            "logs/maps/{suite}/{field}_{set}{variant}_{split}.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}{variant}_{split}.tsv"
        wildcard_constraints:
            suite="|".join(SLICED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
        shell:
            """
            python -m repshift maps slice \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --measured {input.measured:q} \
                --split {wildcards.split:q} \
                --output {output.maps:q} \
                --output-measured {output.measured:q} \
                2>{log:q}
            """
