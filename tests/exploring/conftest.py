"""The networks of the room that explains them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "explaining"))
