"""The step of a network: one frame more, and the state that it needs of the frames before.

In: a live network on clips. Out: `Step`, frames (N, C, k, H, W) and a state in, scores (N, k, K) and the next
state out. The network is run once on shapes alone and what ran is written down (`walk`); each call is then
put into a graph by the rule of its kind (`rules/`, one file a kind), which says what of the frames before it
needs, how late its answer comes, and what it sees before a clip begins and after it ends. Nothing here knows
where frames come from: streaming and exporting both stand on it.
"""

from striate.stepping.build import Entry
from striate.stepping.readout import READOUTS
from striate.stepping.step import State, Step
from striate.stepping.step_of import step_of

__all__ = ["READOUTS", "Entry", "State", "Step", "step_of"]
