"""Every form by name. Plain comes first: it always fits, so nothing need get slower."""

from striate.forms.depthwise import DepthwiseFlipped, DepthwiseFrames
from striate.forms.form import Form
from striate.forms.plain import ChannelsLast, Flipped, Padded, Plain, Spread
from striate.forms.products import Product, ShiftedProducts
from striate.forms.refolded import Frames, Time

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Plain(),
        ChannelsLast(),
        Frames(),
        Time(),
        Product(),
        ShiftedProducts(),
        DepthwiseFrames(),
        DepthwiseFlipped(),
        Flipped(),
        Spread(),
        Padded(),
    )
}
