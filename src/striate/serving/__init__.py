"""A trained network behind an address: pictures, clips and streams come in, what is said of them goes out.

In: a run, an exported file, or a network by its name. Out: a server that answers as `predict` and `stream`
do, within limits that are stated. It offers nothing that they do not.
"""
