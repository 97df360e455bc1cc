"""Transposed convolution: every input lays a scaled kernel on the output, and what overlaps adds up.

    y[n, o, j·s + u·d − p] += x[n,c,j] · w[c,o,u]            over j, c and u, plus b[o]

It is a convolution's way back taken as the way forward (`convolution.py`, ∂L/∂x), so its own way back is a
convolution:

    ∂L/∂x[n,c,j]   = Σ_{o,u} δ[n, o, j·s + u·d − p] · w[c,o,u]
    ∂L/∂w[c,o,u]   = Σ_{n,j} x[n,c,j] · δ[n, o, j·s + u·d − p]
    ∂L/∂b[o]       = Σ δ[n,o,i]

The weight is (C, O/groups, *kernel). What falls off the ends counts nothing; `extra` cells (torch's
`output_padding`) are added at the far end, to choose among the sizes that a convolution makes alike.
"""

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.convolution import Gradients
from striate.derivation.shapes import Array, PerAxis, Sizes, expect_gradient, expect_spatial, per_axis
from striate.errors import ArgumentError
from striate.sizes import transposed_length


class Saved(NamedTuple):
    """What the way back needs."""

    x: Array
    weight: Array
    has_bias: bool
    out: Sizes


@dataclass(frozen=True)
class TransposedConvolution:
    """The geometry: numbers, or one per axis.

    >>> x, w = np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]])
    >>> TransposedConvolution(stride=2).forward(x, w)[0]
    array([[[ 1., 10.,  2., 20.]]])
    """

    stride: PerAxis = 1
    padding: PerAxis = 0
    dilation: PerAxis = 1
    groups: int = 1
    extra: PerAxis = 0

    def out(self, x: Array, weight: Array) -> Sizes:
        """The output's size; raises ArgumentError where input and weight do not fit."""
        size = expect_spatial(x, "a transposed convolution")
        if weight.ndim != x.ndim or x.shape[1] != len(weight) or len(weight) % self.groups:
            raise ArgumentError(
                f"a transposed convolution in {self.groups} groups got an input of {x.shape} and a weight of "
                f"{weight.shape}, expected (N, C, *size) and (C, O/groups, *kernel)"
            )
        axes = zip(size, weight.shape[2:], *self.geometry(len(size)), strict=True)
        return tuple(transposed_length(n, k, s, p, d, e) for n, k, s, p, d, e in axes)

    def geometry(self, axes: int) -> tuple[Sizes, Sizes, Sizes, Sizes]:
        """Stride, padding, dilation and extra cells per axis."""
        return (
            per_axis(self.stride, axes, "stride"),
            per_axis(self.padding, axes, "padding", 0),
            per_axis(self.dilation, axes, "dilation"),
            per_axis(self.extra, axes, "extra", 0),
        )

    def reached(self, size: Sizes, u: Sizes) -> Array:
        """The output that every input meets with kernel position u: (axes, *size); some lie outside."""
        stride, padding, dilation, _ = self.geometry(len(size))
        along = zip(size, stride, padding, dilation, u, strict=True)
        return np.stack(
            np.meshgrid(*(np.arange(n) * s - p + v * d for n, s, p, d, v in along), indexing="ij")
        )

    def views(self, full: Array, size: Sizes, kernel: Sizes) -> list[Array]:
        """What each kernel position sees of an output with its margins: (N, G, O/G, *size) each."""
        stride, _, dilation, _ = self.geometry(len(size))
        axes, found = list(zip(size, stride, dilation, strict=True)), []
        for u in product(*map(range, kernel)):
            along = zip(axes, u, strict=True)
            inner = [slice(v * d, v * d + (n - 1) * s + 1, s) for (n, s, d), v in along]
            found.append(full[(slice(None), slice(None), slice(None), *inner)])
        return found

    def margins(self, samples: int, filters: int, out: Sizes) -> tuple[Array, tuple[slice, ...]]:
        """Zeros (N, G, O/G, *(out + 2p)), and where in them the output lies."""
        padding = self.geometry(len(out))[1]
        wide = tuple(n + 2 * p for n, p in zip(out, padding, strict=True))
        full = np.zeros((samples, self.groups, filters // self.groups, *wide))
        inner = [slice(p, p + n) for p, n in zip(padding, out, strict=True)]
        return full, (slice(None), slice(None), slice(None), *inner)

    def kernels(self, weight: Array) -> Array:
        """(G, C/G, O/G, K)."""
        return weight.reshape(self.groups, len(weight) // self.groups, weight.shape[1], -1)

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Saved]:
        """(N, C, *size) → (N, O, *out)."""
        out, filters = self.out(x, weight), weight.shape[1] * self.groups
        full, inside = self.margins(len(x), filters, out)
        grouped = x.reshape(len(x), self.groups, -1, *x.shape[2:])
        kernels = self.kernels(weight)
        for number, view in enumerate(self.views(full, x.shape[2:], weight.shape[2:])):
            view += np.einsum("ngc...,gco->ngo...", grouped, kernels[..., number])
        y = full[inside].reshape(len(x), filters, *out)
        if bias is not None:
            y = y + bias.reshape(-1, *(1,) * len(out))
        return y.astype(np.result_type(x, weight)), Saved(x, weight, bias is not None, out)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ (N, O, *out) → the gradients of input, weight and bias."""
        x, weight, has_bias, out = saved
        filters = weight.shape[1] * self.groups
        expect_gradient(dy, (len(x), filters, *out), "a transposed convolution")
        full, inside = self.margins(len(x), filters, out)
        full[inside] = dy.reshape(len(x), self.groups, -1, *out)
        grouped = x.reshape(len(x), self.groups, -1, *x.shape[2:])
        kernels = self.kernels(weight)
        dx, dw = np.zeros(grouped.shape), np.zeros(kernels.shape)
        for number, view in enumerate(self.views(full, x.shape[2:], weight.shape[2:])):
            dx += np.einsum("ngo...,gco->ngc...", view, kernels[..., number])
            flat = view.reshape(*view.shape[:3], prod(x.shape[2:]))
            dw[..., number] = np.einsum("ngcl,ngol->gco", grouped.reshape(*grouped.shape[:3], -1), flat)
        db = dy.sum(axis=(0, *range(2, dy.ndim))) if has_bias else None
        return Gradients(dx.reshape(x.shape), dw.reshape(weight.shape), db)
