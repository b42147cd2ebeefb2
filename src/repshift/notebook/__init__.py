"""What a notebook does in one call: the steps of the workflow, of maps in memory and without files."""
