"""The theorems for Coq: each claim as a statement in Coq's own words, with a proof that its kernel checks.

What is written imports Coq's standard library and one file of lemmas, and reads without this package. ``terms`` writes
formulas, ``index`` the statements about integers, ``sums`` sums, ``algebra`` polynomials and certificates; ``files`` makes the
files, and ``judge`` runs Coq where it is installed.
"""
