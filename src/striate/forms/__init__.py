"""The forms of a convolution: ways to compute it that are equal in exact arithmetic and differ in time.

A convolution is three operations: its output, and on the way back the gradients of its input and of its
weight. Each form (`Form`) can do some of them, for the geometries that it fits: as a 2D convolution over
folded frames, as a matrix product, with its padding made explicit, … (`FORMS` has them all). The three
operations of a layer may take different forms. `formed` puts chosen forms into a network for the length of
a block; parameters, state dict and hooks stay as they are.

Which form is fastest, and whether its result is right on this machine, is not known here: `striate.tuning`
measures it.
"""

from striate.forms.catalogue import FORMS
from striate.forms.form import Form, Operation
from striate.forms.formed import formed
from striate.forms.geometry import Geometry
from striate.forms.table import Choice, Choices, Table

__all__ = ["FORMS", "Choice", "Choices", "Form", "Geometry", "Operation", "Table", "formed"]
