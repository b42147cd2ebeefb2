"""Commands on a run as a whole, which no rule calls: ``python -m repshift COMMAND ...``."""
