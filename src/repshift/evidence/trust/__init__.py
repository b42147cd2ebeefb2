"""What trust scores are worth: how they order errors, and what intervals hold, with intervals by simulation."""
