"""Every form by name. Plain comes first: it always fits, so nothing need get slower."""

from striate.forms.depthwise import DepthwiseFlipped, DepthwiseFrames
from striate.forms.form import Form, Operation
from striate.forms.geometry import Geometry
from striate.forms.plain import Flipped, Padded, Plain, Spread
from striate.forms.products import PatchProduct, Product, ShiftedProducts
from striate.forms.refolded import Frames, Time
from striate.forms.shifts import FoldedShift
from striate.forms.winograd import Winograd, WinogradFlipped

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Plain(),
        Frames(),
        Time(),
        Product(),
        PatchProduct(),
        ShiftedProducts(),
        DepthwiseFrames(),
        DepthwiseFlipped(),
        Flipped(),
        Spread(),
        Winograd(),
        WinogradFlipped(),
        FoldedShift(),
        Padded(),
    )
}


def fitting(g: Geometry, operation: Operation, last_resorts: bool = False) -> list[str]:
    """Names of the forms that can compute this, plain first; or of the last resorts among them."""
    alone = g.unshifted()
    return [
        form.name
        for form in FORMS.values()
        if form.last_resort == last_resorts
        and operation in form.offers
        and form.fits(g if form.shifts else alone)
    ]
