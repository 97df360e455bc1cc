"""Arguments of public functions, checked against their annotations: one mechanism for all of them.

    @checked
    def load(run: str | PathLike[str]) -> nn.Module: ...

What is plainly meant is accepted and becomes what the annotation says: a `Run` where a path is meant, a list
or an array where a tuple is, one name where several may stand, NumPy's numbers. Anything else is refused in
one sentence: which argument, what was expected, what came, an example. So is what the system refuses while
the function works: a folder that may not be read, more memory than there is.

Knows no torch: of a class that an annotation names it only asks whether the value is one of it.
"""

from striate.checked.checking import checked, like
from striate.checked.habits import meant

__all__ = ["checked", "like", "meant"]
