"""Exercises as their authors write them: definitions, proofs of soundness, and what is released."""
