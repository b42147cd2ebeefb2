"""The stages of the workflow, one module each: read, compute, write. A stage never imports a stage."""
