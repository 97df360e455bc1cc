"""From one ATen call to its meaning: the kind and geometry of a described operation.

The table names every operation that is understood; what is not in it and does not act element by element is
`opaque`, of which only a bound is known.
"""

from striate.tracing import aten_kinds as m
from striate.tracing import aten_moving as move
from striate.tracing.arguments import base_name, is_pointwise
from striate.tracing.aten_kinds import Call, Describe, Meaning
from striate.tracing.trials import acts_elementwise, sources_of
from striate.tracing.unlisted_weights import meaning_of

ROLES = {
    **dict.fromkeys(("add", "sub", "rsub"), "add"),
    **dict.fromkeys(
        ("mul", "addcmul", "lerp", "logical_and", "bitwise_and", "__and__", "heaviside", "pow"), "multiply"
    ),
}

PRODUCTS = ("convolution", "mm", "bmm", "mv", "addmm", "addmv", "baddbmm")
_BATCH_NORMS = (
    "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
    "cudnn_batch_norm",
    "_batch_norm_with_update", "_batch_norm_no_update", "miopen_batch_norm",
)  # fmt: skip
_REDUCTIONS = (
    "mean", "sum", "amax", "amin", "prod", "var", "std", "var_mean", "std_mean", "any", "all",
    "nansum", "norm",
    "linalg_vector_norm", "logsumexp", "count_nonzero",
)  # fmt: skip
_REDUCTIONS_TO_ONE = ("max", "min", "argmax", "argmin", "median", "aminmax", "mode", "nanmedian")
SOURCES = (
    "empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "new_empty", "new_zeros",
    "new_ones", "new_full", "new_empty_strided", "empty_strided", "randint_like", "scalar_tensor",
)  # fmt: skip
_ADDING = (
    "index_add", "index_reduce", "scatter_add", "scatter_reduce", "segment_reduce", "histc", "bincount",
    "nll_loss_forward", "nll_loss2d_forward",
)  # fmt: skip
_DRAWN = (
    "normal_", "uniform_", "random_", "exponential_", "geometric_", "cauchy_", "log_normal_",
)  # fmt: skip
_ATTENTIONS = (
    "scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable",
)  # fmt: skip

TABLE: dict[str, Describe] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), m.convolution),
    **{f"max_pool{n}d_with_indices": m.pool(n, "max") for n in (2, 3)},
    **{f"max_pool{n}d": m.pool(n, "max") for n in (1, 2, 3)},
    **{f"avg_pool{n}d": m.pool(n, "average") for n in (1, 2, 3)},
    **{f"_adaptive_avg_pool{n}d": m.adaptive(n, "average") for n in (2, 3)},
    **{f"adaptive_avg_pool{n}d": m.adaptive(n, "average") for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": m.adaptive(n, "max") for n in (1, 2, 3)},
    **dict.fromkeys(_REDUCTIONS, m.reduce),
    **dict.fromkeys(_REDUCTIONS_TO_ONE, m.reduce_all),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "softmax", "log_softmax"), m.softmax),
    **dict.fromkeys(("native_layer_norm", "_fused_rms_norm", "layer_norm", "rms_norm"), m.layer_norm),
    **dict.fromkeys(_BATCH_NORMS, m.batch_norm),
    "native_group_norm": m.group_norm,
    "mm": m.matmul("self", "mat2"),
    "bmm": m.matmul("self", "mat2"),
    "mv": m.matmul("self", "vec"),
    "dot": m.matmul("self", "tensor"),
    "vdot": m.matmul("self", "other"),
    "addmm": m.matmul("mat1", "mat2", "self"),
    "addmv": m.matmul("mat", "vec", "self"),
    "baddbmm": m.matmul("batch1", "batch2", "self"),
    **dict.fromkeys(_ATTENTIONS, m.attention),
    "mkldnn_rnn_layer": m.recurrent_layer,
    "affine_grid_generator": m.grid_of_map,
    "_cdist_forward": m.distances,
    "convolution_backward": m.convolution_backward,
    "_sparse_addmm": m.sparse_product,
    **dict.fromkeys(_ADDING, m.adding),
    **dict.fromkeys(("_embedding_bag", "_embedding_bag_forward_only"), m.bag),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias", "flatten"), move.reshape),
    "unsqueeze": move.unsqueeze,
    "squeeze": move.squeeze,
    "permute": move.permute,
    "transpose": move.transpose,
    "t": move.t,
    "slice": move.cut,
    "select": move.select,
    "unbind": move.along("unbind"),
    **dict.fromkeys(
        ("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes"), move.along("split")
    ),
    "expand": m.as_kind("expand"),
    "repeat": move.repeat,
    "cat": move.join,
    "stack": move.stack,
    "flip": move.flip,
    "roll": move.roll,
    "constant_pad_nd": move.pad("constant", "pad"),
    **{f"reflection_pad{n}d": move.pad("reflect", "padding") for n in (1, 2, 3)},
    **{f"replication_pad{n}d": move.pad("replicate", "padding") for n in (1, 2, 3)},
    **{f"upsample_nearest{n}d": m.interpolate("nearest", n) for n in (1, 2, 3)},
    **{f"_upsample_nearest_exact{n}d": m.interpolate("nearest-exact", n) for n in (1, 2, 3)},
    "upsample_linear1d": m.interpolate("linear", 1),
    "upsample_bilinear2d": m.interpolate("linear", 2),
    "_upsample_bilinear2d_aa": m.as_kind("opaque"),
    "upsample_trilinear3d": m.interpolate("linear", 3),
    "upsample_bicubic2d": m.interpolate("cubic", 2),
    "pixel_shuffle": move.factor("pixel_shuffle", "upscale_factor"),
    "pixel_unshuffle": move.factor("pixel_unshuffle", "downscale_factor"),
    **dict.fromkeys(("channel_shuffle", "native_channel_shuffle"), move.factor("channel_shuffle", "groups")),
    "index_select": move.index_select,
    "index": move.index,
    "unfold": move.unfold,
    "im2col": move.im2col,
    "embedding": m.as_kind("lookup"),
    **dict.fromkeys(("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"), move.along("cumulative")),
    **dict.fromkeys(("_fft_c2c", "_fft_r2c", "_fft_c2r"), m.fft),
    "view_as_real": move.view_as_real,
    "view_as_complex": move.view_as_complex,
    "col2im": move.col2im,
    **dict.fromkeys(
        ("grid_sampler_2d", "grid_sampler_3d", "_grid_sampler_2d_cpu_fallback", "grid_sampler"), m.sample
    ),
    "sort": move.sort,
    "where": move.where,
    "masked_fill": move.masked_fill,
    **dict.fromkeys(
        (
            "clone",
            "detach",
            "alias",
            "_to_copy",
            "lift_fresh",
            "lift_fresh_copy",
            "lift",
            "contiguous",
            "dropout",
        ),
        move.same_shape_view,
    ),
    **dict.fromkeys(
        ("native_dropout", "bernoulli", "gelu", "rrelu_with_noise", "prelu"), m.as_kind("elementwise")
    ),
    **dict.fromkeys(("_prelu_kernel", "_weight_norm_interface"), m.as_kind("elementwise")),
    **dict.fromkeys(("dequantize", "quantize_per_tensor", "quantize_per_channel"), m.as_kind("elementwise")),
    "copy": m.as_kind("copy"),
    **dict.fromkeys(("fill", "zero"), m.fill),
    **dict.fromkeys(_DRAWN, m.drawn),
    **dict.fromkeys(("normal", "poisson", "_standard_gamma"), m.as_kind("elementwise")),
    **dict.fromkeys(
        (
            "_is_all_true",
            "_is_any_true",
            "mse_loss",
            "smooth_l1_loss",
            "huber_loss",
            "binary_cross_entropy",
            "soft_margin_loss",
        ),
        m.to_one,
    ),
    **dict.fromkeys(SOURCES, m.as_kind("source")),
}


def describe(call: Call) -> Meaning:
    """The kind and geometry of a call."""
    name = base_name(call.func)
    if (quantised := meaning_of(call)) is not None:
        return quantised
    entry = TABLE.get(name) or TABLE.get(name.rstrip("_"))
    kind, geometry = ("opaque", {}) if entry is None else entry(call)
    if kind != "opaque":
        return kind, geometry
    if entry is None and (
        is_pointwise(call.func) or acts_elementwise(call.func, call.named, call.outs[0] if call.outs else ())
    ):
        return "elementwise", {"role": ROLES.get(name.rstrip("_"), "plain")}
    sources = sources_of(call.func, call.named) if len(call.outs) == 1 else None
    return (kind, geometry) if sources is None else ("moved", {"sources": sources})
