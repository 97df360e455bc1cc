"""A live network and one input in; a recording out: what ran, on what, in which layer.

The only place with hooks or dispatch modes. The network runs once, on tensors without memory where its code
allows it, as at inference; afterwards it is as it was: modes, buffers, hooks, attributes, gradients,
random state. Nothing here knows of training.
"""

from striate.tracing.arguments import Inputs
from striate.tracing.trace import example, trace

__all__ = ["Inputs", "example", "trace"]
