"""A network in; what every layer of it is, holds, sees and costs out: tables, figures, a page.

One function, `inspect`, gives an `Inspection`; everything else presents it. Numbers come from `arithmetic`
on the recording that `tracing` makes; nothing here counts by itself. Evaluation and training are not known
here.
"""

from striate.inspecting import page as page  # says which documents the results are
from striate.inspecting.inspect import inspect
from striate.inspecting.inspection import Inspection
from striate.inspecting.side_by_side import SideBySide

__all__ = ["Inspection", "SideBySide", "inspect"]
