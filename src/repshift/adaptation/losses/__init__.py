"""Terms of a loss that make the features of two domains alike; each needs maps of the target, and no label of it."""
