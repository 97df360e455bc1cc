"""Described layers in; output sizes, parameters with the formula worked out, receptive field and cost out.

Nothing here knows torch or holds a tensor: an `Operation` says what was done, with which geometry, to which
numbered tensors. One quantity stands in one file. Whoever describes a network (`tracing` from a live one, a
reader from a file, a hand in a test) gets the same arithmetic.
"""
