"""The texts in English."""

TEXTS = {
    "title": "{subject}: the numbers behind a number",
    "not_known": "not known",
    "overview.title": "Network and input",
    "overview.input": "The network {subject} is given {inputs}, as numbers of shape {shape} (batch first).",
    "overview.label": "Its true class is {label}.",
    "pixels.text": (
        "Before the first layer: a pixel p is a whole number from 0 (dark) to 255 (bright). With the mean μ "
        "and the standard deviation σ that the run keeps, it becomes the number x that the network is given."
    ),
    "pixels.window": (
        "Pixels (rows {rows}, columns {columns}) and what they become; the marked one is written out"
    ),
    "pixels.window_frame": (
        "Pixels of frame {frame} (rows {rows}, columns {columns}) and what they become; the marked one is "
        "written out"
    ),
    "overview.ranking": "What the network says",
    "overview.temperature": (
        "T = {temperature} is the temperature that was fitted to the run's validation images; predict "
        "divides by it too."
    ),
    "overview.layers": "Its layers, in the order in which they ran",
    "glossary.title": "Glossary",
    "label.contents": "Contents",
    "label.skip": "Skip to the content",
    "label.page": (
        "Every number on this page was worked out by hand (in float64, without autograd) from the "
        "tensors recorded in the network, and compared with what torch computed."
    ),
    "unit.title": "One number of {layer}: output [{index}], {kind}",
    "unit.checked": "By hand: {value}. It differs from what torch computed by {difference}.",
    "unit.after": "After it, {layer} ({kind}):",
    "unit.receptive_field": (
        "This number depends on the input at {spans}: its receptive field, {size} in size."
    ),
    "unit.receptive_field_cut": (
        "This number depends on the input at {spans}: its receptive field, {size} in size, as far as it lies "
        "inside."
    ),
    "unit.receptive_field_picture": "The receptive field in the input",
    "common.cells": "The inputs that count most, of {count}",
    "common.parts": "In this order: the bias, the inputs named above, all other inputs.",
    "common.moved": "It is the input at ({source}), {value}, in another place: the layer changes no number.",
    "common.outside": "It comes from outside of the input: {value}.",
    "grid.pixels": "pixels p",
    "grid.numbers": "numbers x",
    "grid.upstream": "δ",
    "grid.input": "input",
    "grid.terms": "terms",
    "gradient.all": "All terms of {layer} for sample {sample}, by place in the output",
    "gradient.picture": (
        "All terms of {layer} by place in the output, one tile per sample; red is positive, blue negative"
    ),
    "grid.gradient": "gradient",
    "grid.old": "old",
    "grid.step": "step",
    "grid.new": "new",
    "loss.title": "The loss",
    "loss.text": (
        "Softmax turns scores into probabilities; cross-entropy asks how probable the true class was. "
        "The loss is the mean over the samples (here {samples}), with label smoothing {smoothing}; it takes "
        "the scores as they are, without a temperature."
    ),
    "loss.table": "The most probable classes of the first input, and the gradient where the way back begins",
    "loss.samples": "The loss of each sample",
    "gradient.title": "The gradient of one weight: {layer}, {parameter} [{index}]",
    "gradient.text": (
        "The weight was used {count} times. Each use adds one term: the gradient that arrives at the "
        "output there (δ), times the input that the weight met."
    ),
    "gradient.largest": "The {shown} largest of {count} terms",
    "gradient.rest": "The {shown} largest terms first; the other {rest} add {sum}.",
    "gradient.samples": "The part of each sample",
    "gradient.matrix": (
        "The same as a matrix product: δ of {delta} times the unfolded patches of {patches}. Row {row}, "
        "column {column} of the result is {value}."
    ),
    "gradient.kernel": "The gradient of all weights of this kernel",
    "gradient.kernel_frame": "The gradient of all weights of this kernel, frame {frame}",
    "update.title": "The update: {rule}",
    "update.text": "What the optimiser ({rule}, after {steps} steps of training) would make of the weight.",
    "update.peak": (
        "The rate is the highest of the run's schedule, {rate}: at its end it is all but 0, and "
        "no step would be seen."
    ),
    "update.raw": (
        "The run keeps a moving average of its weights, and the network on this page is that "
        "average. The optimiser moves the raw weights behind it; here is the step of the raw "
        "weight, with the gradient of this page."
    ),
    "update.average": ("The average a then takes in the new raw weight:"),
    "update.settings": "Settings",
    "update.clip": (
        "The gradient of the whole network is longer than the limit, so it is multiplied by {factor}."
    ),
    "update.memory": "The optimiser's memory of this weight",
    "update.change": "Old {old}, new {new}: a change of {change}.",
    "update.kernel": "The whole kernel: old + step = new",
    "setting.rate": "learning rate η",
    "setting.weight_decay": "weight decay λ",
    "setting.momentum": "momentum μ",
    "setting.dampening": "dampening τ",
    "setting.nesterov": "Nesterov (1: yes)",
    "setting.epsilon": "ε",
    "setting.beta1": "β₁",
    "setting.beta2": "β₂",
    "setting.decoupled": "decoupled decay (1: yes)",
    "chain.title": "The chain in numbers: from the loss to δ at [{place}] of {layer}",
    "chain.text": (
        "δ of a number is ∂L/∂(that number), everything else held fixed. It is a sum over the "
        "numbers that it fed: δ of each, times how that one changes with it. Here from the loss "
        "back; each step follows the largest term."
    ),
    "chain.scores": "At score [{place}] of {layer} the loss gives δ = (p − q)/N = {delta}.",
    "chain.ends": (
        "What follows output [{place}] of {layer} is no layer, but a function of the network: its"
        " δ is what torch computed."
    ),
    "chain.table": "The {shown} largest of {count} terms: what the number fed",
    "chain.one": "It fed one number alone, [{place}] of {layer}.",
    "chain.rest": "The other {count} terms add {sum}.",
    "chain.elsewhere": (
        "{value} came back by ways that are no layers, such as a sum with another branch (as "
        "torch computed it)."
    ),
    "example.text": (
        "The largest term written out. Output [{place}] of {layer}, before any activation, is the"
        " weight times the input that it met, plus everything else, which is constant as far as "
        "this weight goes:"
    ),
    "example.term": (
        "So its derivative is that input, and by the chain rule the term is δ times it. ∂L/∂w is "
        "the sum of all such terms:"
    ),
    "matrix.window": (
        "Rows of δ {rows}, places {inner}, columns of U {columns}: the asked row, column and entry are marked"
    ),
    "matrix.rest": "The other {count} places are not shown, but count in the product.",
    "head.fed": "fed",
    "head.place": "at",
    "head.slope": "∂y/∂x",
    "through.title": "The way back from the loss to {layer}",
    "through.text": (
        "The chain rule, layer by layer from the end: at each one, the gradient is multiplied by the "
        "layer's own derivative. The table shows its size after each step, down to {layer}."
    ),
    "through.table": "The gradient at the output of each layer",
    "through.vanishes": (
        "From the scores to here its norm changes by a factor of {ratio}, and the weights' "
        "gradients, relative to the weights, by {weights}: it vanishes."
    ),
    "through.shrinks": (
        "From the scores to here its norm changes by a factor of {ratio}, but the weights' "
        "gradients, relative to the weights, by {weights} only: it shrinks, and the weights learn"
        " all the same."
    ),
    "through.explodes": (
        "From the scores to here its norm changes by a factor of {ratio}, and the weights' "
        "gradients, relative to the weights, by {weights}: it explodes."
    ),
    "through.grows": (
        "From the scores to here its norm changes by a factor of {ratio}, but the weights' "
        "gradients, relative to the weights, by {weights} only: it grows, and the weights' steps "
        "do not."
    ),
    "through.steady": (
        "From the scores to here its norm changes by a factor of {ratio} (the weights' gradients,"
        " relative to the weights: {weights}): it neither vanishes nor explodes."
    ),
    "checks.title": "Checks",
    "checks.text": (
        "By hand against torch. Rounding is the most that single precision could account for; a larger "
        "difference would have been an error instead of this page."
    ),
    "checks.table": "Largest differences",
    "head.class": "class",
    "head.probability": "probability",
    "head.layer": "layer",
    "head.type": "type",
    "head.output": "output",
    "head.worked_out": "worked out as",
    "head.channel": "channel",
    "head.channels": "channels",
    "head.sum": "sum",
    "head.input": "input",
    "head.value": "value",
    "head.weight": "weight",
    "head.product": "product",
    "head.divided": "z\u00a0÷\u00a0T",
    "head.softmax": "softmax(z)",
    "head.score": "score\u00a0z",
    "head.target": "target\u00a0q",
    "head.gradient": "∂L/∂z",
    "head.sample": "sample",
    "head.loss": "loss",
    "head.output_position": "output\u00a0at",
    "head.input_position": "input\u00a0at",
    "head.upstream": "δ",
    "head.input_value": "input",
    "head.term": "term",
    "head.setting": "setting",
    "head.memory": "memory",
    "head.before": "before",
    "head.after": "after",
    "head.shape": "shape",
    "head.norm": "norm",
    "head.largest": "largest",
    "head.zeros": "zeros",
    "head.factor": "norm\u00a0ratio",
    "head.relative": "‖∂L/∂W‖ ÷ ‖W‖",
    "head.difference": "difference",
    "head.gate": "gate",
    "head.from_input": "from the input",
    "head.from_state": "from the state",
    "head.step": "step",
    "head.state": "state h",
    "head.what": "what",
    "head.numbers": "numbers",
    "head.rounding": "rounding",
    "kind.unknown": "not worked out by hand",
    "picture.alt": "{caption}: {count} tiles, values from {low} to {high}.",
    "picture.maps.title": "Feature maps of {layer}",
    "picture.maps": (
        "{shown} of {count} feature maps of {layer} for this input, each on its own scale from dark "
        "(smallest) to bright (largest)"
    ),
    "picture.filters.title": "Filters of {layer}",
    "picture.filters": (
        "{shown} of {count} kernels of {layer}; red is positive, blue negative, white 0 (kernels on RGB "
        "in their colours, grey is 0)"
    ),
    "picture.filters_before.title": "Filters of {layer} before the update",
    "picture.filters_before": (
        "{shown} of {count} kernels of {layer} before the update; red is positive, blue negative"
    ),
    "picture.filters_after.title": "Filters of {layer} after the update",
    "picture.filters_after": (
        "{shown} of {count} kernels of {layer} after the update; red is positive, blue negative"
    ),
    "picture.filters_change.title": "What the update changed in {layer}",
    "picture.filters_change": (
        "After minus before for {shown} of {count} kernels of {layer}, on a scale of its own; red is up, "
        "blue down"
    ),
    "picture.map_update.title": "Feature map {filter} of {layer}, before and after the update",
    "picture.map_update": (
        "Feature map {filter} of {layer} before and after the update of the whole network; it changes by "
        "{change} at most"
    ),
    "picture.grad_cam.title": "Grad-CAM for class {class}",
    "picture.grad_cam": "Grad-CAM: where the maps of {layer} speak for class {class} (yellow: most)",
    "picture.integrated_gradients.title": "Integrated gradients for class {class}",
    "picture.integrated_gradients": (
        "Integrated gradients in {steps} steps from a blank input: red pixels raise the score of class "
        "{class}, blue ones lower it. They add up to {sum}; the score rises by {rise}"
    ),
    "picture.occlusion.title": "Occlusion for class {class}",
    "picture.occlusion": (
        "How far the probability of class {class}, {before}, falls when a patch of side {side} there is "
        "blank (red: it falls, blue: it rises)"
    ),
    "picture.largest.title": "What filter {filter} of {layer} answers to most",
    "picture.largest": (
        "The images of {source} ({images} looked through) with the largest activation of filter {filter} "
        "of {layer}; the frame is the receptive field of the strongest place"
    ),
    "picture.effective_field.title": "The effective receptive field of {layer} [{unit}]",
    "picture.effective_field": (
        "How strongly each position acts on output [{unit}] of {layer}. The theoretical field (the "
        "frame) is {theoretical} in size; as many positions as in a square of side {effective} have at "
        "least 4.55 % of the largest influence"
    ),
}

GLOSSARY = {
    "cnn2d": (
        "2D CNN",
        "A convolutional network whose kernels slide over height and width: it sees single images, or "
        "the frames of a clip one by one.",
    ),
    "cnn3d": (
        "3D CNN",
        "A convolutional network whose kernels also slide over time: it sees movement, at several times "
        "the cost.",
    ),
    "spatial_temporal": (
        "spatial and temporal information",
        "Spatial: what stands where in one image. Temporal: how it changes from frame to frame.",
    ),
    "optical_flow": (
        "optical flow",
        "For every pixel, how far it moves from one frame to the next, across and down; the input of the "
        "second stream of a two-stream network.",
    ),
    "rnn": (
        "RNN",
        "A recurrent network: it reads a sequence step by step and carries a state, h = tanh(W·x + U·h + "
        "b), from one step to the next.",
    ),
    "lstm": (
        "LSTM",
        "Long short-term memory: a recurrent network with a cell whose three gates decide what to "
        "forget, what to take in and what to give out, so that gradients last over many steps.",
    ),
    "gru": ("GRU", "Gated recurrent unit: like an LSTM, with two gates and no separate cell."),
    "cost": (
        "computation cost",
        "What one input costs, in multiply-accumulates (MACs), in bytes of memory, and in time.",
    ),
    "temporal_shift": (
        "temporal shift",
        "Moving part of the channels by one frame (TSM), so that 2D convolutions exchange information "
        "between frames without parameters and without multiplications.",
    ),
    "receptive_field": (
        "receptive field",
        "The part of the input that one output can depend on. The effective field is the part that "
        "really counts.",
    ),
    "feature_map": (
        "feature map",
        "One channel of a layer's output: the answers of one filter at every place.",
    ),
    "kernel": (
        "kernel",
        "The weights by which a filter looks at one input channel, for example 3×3 numbers.",
    ),
    "filter": (
        "filter",
        "What makes one output channel: one kernel for every input channel of its group, and a bias.",
    ),
    "pointwise": (
        "pointwise convolution",
        "A convolution with 1×1 kernels: a fully connected layer at every pixel, which mixes channels "
        "and looks at no neighbour. Also called feature-map pooling, cross-channel parametric pooling, "
        "or projection.",
    ),
    "stride": ("stride", "How many cells the kernel moves on from one output to the next."),
    "padding": (
        "padding",
        "Cells added around the input, zeros as a rule, so that the kernel can stand at the edge.",
    ),
    "pooling": ("pooling", "Replacing a window of numbers by one: the largest, or the mean."),
    "gradient": ("gradient", "How fast the loss changes when a number changes; training walks against it."),
    "chain_rule": (
        "chain rule",
        "The derivative of one function after another is the product of their derivatives; "
        "backpropagation is the chain rule read from the end.",
    ),
    "loss": ("loss", "One number that says how wrong the network is; training makes it smaller."),
}
