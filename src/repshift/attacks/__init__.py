"""Small changes of maps that move what a network returns by much: how far the nearest wrong answer is."""
