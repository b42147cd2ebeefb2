"""What replaced layers cost, and whether CKA, depth or parameters say so."""
