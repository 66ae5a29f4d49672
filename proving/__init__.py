"""Proofs of the product: faults, key changes, old states, benchmarks. Nothing of the product imports this."""
