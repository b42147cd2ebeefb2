"""Small changes of maps that move what a network answers by much: how far the nearest wrong answer is."""
