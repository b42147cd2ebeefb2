"""What joins similarity and statistics: which number gets which interval and test; distances between domains."""
