"""Comparing ways through time: runs in, a table of cost and accuracy out.

`compare` trains each way, several times over, by the same recipe on the same data, or reads runs that were
trained elsewhere; a training is `training.train`'s, and whatever is told of it comes from its record. What a
network costs is counted by `inspecting` and measured here, all networks in turn in the same minute. This room
does not know the command line.
"""

from striate.comparing import table as table  # says which document a comparison is
from striate.comparing.compare import compare
from striate.comparing.comparison import Comparison, Row, Spread

__all__ = ["Comparison", "Row", "Spread", "compare"]
