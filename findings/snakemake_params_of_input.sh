#!/usr/bin/env bash
# Guess: a parameter of a Snakemake rule is compared with that of the run before, and a changed one starts the job again,
# however the parameter is given: Snakemake's rerun trigger is called "params".
# Instead: a parameter that is a function of wildcards and `input` (or output, threads, resources) is left out of the
# comparison. The same value, given by a function of the wildcards alone, starts the job; given by one that also takes
# `input`, whether it uses it or not, it does not: the old result stays, and nothing is said.
# Source: snakemake/jobs.py, Job.non_derived_params, of the version below; seen when flags that are made of settings and of
# the names of input files were changed and a rule kept its old result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "snakemake==9.27.1"

write() { # the value of the parameter of both rules
    cat >Snakefile <<SNAKEFILE
rule all:
    input: "by_wildcards.txt", "by_input.txt"

rule by_wildcards:
    input: "in.txt"
    output: "by_wildcards.txt"
    params: value=lambda wildcards: "$1"
    shell: "echo {params.value} >{output}"

rule by_input:
    input: "in.txt"
    output: "by_input.txt"
    params: value=lambda wildcards, input: "$1"
    shell: "echo {params.value} >{output}"
SNAKEFILE
}

touch in.txt
write old
venv/bin/snakemake --cores 1 --quiet all >log.txt 2>&1
write new
venv/bin/snakemake --cores 1 --quiet all >log.txt 2>&1
echo "snakemake $(venv/bin/snakemake --version)"
for rule in by_wildcards by_input; do
    echo "$rule: the parameter is now 'new', the file says '$(cat $rule.txt)'"
done
[ "$(cat by_wildcards.txt)" = new ] || { echo "Changed: a parameter of the wildcards alone starts no job."; exit 1; }
[ "$(cat by_input.txt)" = old ] || { echo "Changed: a parameter of the input starts a job now."; exit 1; }
echo "A parameter given by a function that takes the input is not compared: its change starts no job."
