"""Families of layers, which have a colour and a name each, wherever layers are drawn or listed."""

COLOURS = {
    "conv": "#3f7cc4", "pool": "#d9822b", "linear": "#4c9a5b", "recurrent": "#8a5bb5", "attention": "#b5527f",
    "join": "#5f6b78", "other": "#9aa3ad",
    "input": "#c0c7ce",
}  # fmt: skip
NAMES = {
    "conv": "convolution", "pool": "pooling", "linear": "fully connected", "recurrent": "recurrent",
    "attention": "attention", "join": "branches joined", "other": "other", "input": "the input",
}  # fmt: skip

_EXACTLY = {
    "matmul": "linear", "mean": "pool", "concatenate": "join", "add": "join",
    "lstm": "recurrent", "gru": "recurrent", "rnn_tanh": "recurrent", "rnn_relu": "recurrent",
}  # fmt: skip


def family(kind: str) -> str:
    """The family of a kind of layer.

    >>> family("conv2d"), family("adaptive_avg_pool2d"), family("gru"), family("relu")
    ('conv', 'pool', 'recurrent', 'other')
    """
    named = (name for name in ("conv", "pool", "linear", "attention") if name in kind)
    return next(named, _EXACTLY.get(kind, "other"))
