"""Gram matrices, HSIC and CKA: how alike two representations of the same maps are."""
