"""A page on which every number opens into the numbers behind it; in: a run or a network, and inputs.

Routes are questions to an open `Explainer`, and answer with the JSON of its results; the page draws them and
computes nothing. The server knows no layer, and the page no network. Bound to this machine, it refuses what
comes from other pages (`guard`), and one question is worked on at a time (`turns`).
"""
