"""Numbers that sum up a case: scores of the predictions, shape of a CKA matrix, choice of simulations and maps."""
