"""Results in words: numbers in, sentences and pages out."""
