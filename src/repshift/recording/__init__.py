"""From a torch network and maps to the representations of its layers, and to their Gram matrices."""
