"""A run and an input in; the numbers behind a number out.

What is shown (products, sums, terms of a gradient, updates) is worked out by `derivation` from the tensors
that `tracing.recording` took from the live network, and compared with what torch computed before it is shown:
a difference above rounding is an error. Nothing here knows the command line.
"""
