"""Output sizes along one axis, in one place for all who need them.

The formulas are those of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""


def window_count(
    length: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """How many positions a window of a convolution or pool takes; none or fewer where it does not fit.

    ⌊(L + before + after − d(k − 1) − 1) / s⌋ + 1. With `ceil_mode` the quotient is rounded up, but a last
    window counts only if it starts in the input or the padding before it (PyTorch, `pooling_output_shape`).

    Args:
        length: Of the input.
        kernel: Positions of the window.
        stride: From one window to the next.
        padding: At each end, or a pair (before, after).
        dilation: From one position of the window to the next.
        ceil_mode: As PyTorch's pools have it.

    >>> window_count(28, 3, padding=1), window_count(28, 2, stride=2), window_count(2, 3)
    (28, 14, 0)
    >>> window_count(7, 2, 2), window_count(7, 2, 2, ceil_mode=True), window_count(5, 3, padding=(2, 0))
    (3, 4, 5)
    """
    before, after = (padding, padding) if isinstance(padding, int) else padding
    room = length + before + after - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= length + before else count


def transposed_length(
    length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, extra: int = 0
) -> int:
    """Outputs of a transposed convolution: (L − 1)s − 2p + d(k − 1) + extra + 1.

    >>> transposed_length(14, 2, stride=2)
    28
    """
    return (length - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1


def adaptive_windows(length: int, outputs: int) -> list[range]:
    """The inputs that each output of an adaptive pool sees: ⌊i·L/n⌋ up to ⌈(i + 1)·L/n⌉ (PyTorch).

    >>> adaptive_windows(5, 2)
    [range(0, 3), range(2, 5)]
    """
    return [range(i * length // outputs, -(-(i + 1) * length // outputs)) for i in range(outputs)]
