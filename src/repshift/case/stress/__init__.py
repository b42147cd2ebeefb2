"""A case along its axes: what is planned, how it is run, and the Dataset that says what was found."""
