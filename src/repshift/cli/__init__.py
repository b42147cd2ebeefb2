"""What the command line shares: arguments, progress, logging and exit statuses."""
