"""Evaluating: a network and data → scores and predictions.

Takes a run folder, or a network and a split; gives probabilities, scores and named predictions. It knows
nothing of how a network is trained: training uses it to score each epoch.
"""

from striate.evaluating import page as page  # says which documents the results are
