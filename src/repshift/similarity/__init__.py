"""Gram matrices, and from them alone how alike two representations of the same maps are: CKA and other measures."""
