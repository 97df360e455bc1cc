"""How each kind of layer is worked out by hand: one file a kind, with its numbers, its formulas, its texts.

A kind knows one recorded call of a layer. It gives one number of the output with all that stands behind it
(a `Detail`), the gradient at its input and, where it has kernels, the terms of a weight's gradient. To add
one, write its file after the pattern of `flatten.py` and name its class in `catalogue.py`.
"""
