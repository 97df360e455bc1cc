"""Output sizes along one axis (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning",
2016).
"""


def window_count(length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Outputs of a convolution or pool: ⌊(L + 2p − d(k − 1) − 1) / s⌋ + 1; none or fewer where it does not
    fit.

    >>> window_count(28, 3, padding=1), window_count(28, 2, stride=2), window_count(2, 3)
    (28, 14, 0)
    """
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def pool_count(
    length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Outputs of a pool. With `ceil_mode` a last window that sticks out counts if it starts in the input
    or the padding before it (PyTorch, `pooling_output_shape`).

    >>> pool_count(7, 2, 2), pool_count(7, 2, 2, ceil_mode=True)
    (3, 4)
    """
    if not ceil_mode:
        return window_count(length, kernel, stride, padding, dilation)
    out = -(-(length + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
    return out - 1 if (out - 1) * stride >= length + padding else out


def transposed_length(
    length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, extra: int = 0
) -> int:
    """Outputs of a transposed convolution: (L − 1)s − 2p + d(k − 1) + extra + 1.

    >>> transposed_length(14, 2, stride=2)
    28
    """
    return (length - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
