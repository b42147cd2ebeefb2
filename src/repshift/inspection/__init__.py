"""What can be known of maps, labels and networks before a run: the commands ``new`` and ``check``."""
