"""A sweep: settings with their values in, a training for each choice of them, one table out.

`ranges` reads what is asked; `sweep` is the verb. What to try next is Optuna's to say; its journal in the
sweep's folder remembers.
"""

from striate.sweeping.result import Sweep, Trial
from striate.sweeping.sweep import sweep

__all__ = ["Sweep", "Trial", "sweep"]
