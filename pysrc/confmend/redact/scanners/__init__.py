"""One file for each kind of secret; each declares SCANNER and is found by listing."""
