"""Where results come from, whether they still are what was made, and one archive of all."""
