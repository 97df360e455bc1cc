"""The lab is the application that is guarded here."""

import sys
from pathlib import Path

for room in ("explaining", "exploring"):
    sys.path.append(str(Path(__file__).parents[1] / room))
