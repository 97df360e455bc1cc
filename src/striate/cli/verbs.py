"""The verbs: each a file of this room, with what it does."""

VERBS = {
    "demo": "train on real digits, classify images, compare: two minutes",
    "inspect": "every layer of a network: shape, parameters, receptive field, cost",
    "train": "train a network on a built-in set, or a folder of images or clips",
    "find-rate": "the learning rate at which the loss falls fastest",
    "evaluate": "score a trained network on labelled images or clips",
    "predict": "classify files of images or videos with a trained network",
    "stream": "what a trained network says of frames as they come",
    "export": "a trained network as an ONNX file, checked beside PyTorch",
    "compare": "ways through time on the same clips: a table of cost and accuracy",
    "sweep": "a training for each choice of settings, the best named",
    "tune": "the fastest right algorithm of each convolution, measured here",
    "explain": "the numbers behind a number of a trained network, checked",
    "serve": "a trained network behind an address, for programs",
    "lab": "a page on which every number opens into the numbers behind it",
    "glossary": "the terms of the field and what they mean",
    "models": "the networks there are, and the weights published of them",
    "data": "get a public data set; check or pack your own, draw optical flow",
    "completion": "make your shell complete verbs and options",
}
DATA_VERBS = {
    "get": "download a public data set, checked by its checksums",
    "check": "read every file of a data set and name those that cannot be used",
    "pack": "decode clips once, so that training reads them at full speed",
    "flow": "draw the optical flow of a clip in colour",
}
"""What can stand behind `striate data`."""
FUNCTIONS = {verb: verb for verb in VERBS if verb not in ("models", "find-rate")} | {
    "find_learning_rate": "find-rate",
    "list_models": "models",
    "get_data": "data get",
    "check_data": "data check",
    "pack_data": "data pack",
    "draw_flow": "data flow",
}
"""Each function of a verb with the words of its command."""


def module_of(verb: str) -> str:
    """The module of this room that holds a verb.

    >>> module_of("find-rate")
    'striate.cli.find_rate'
    """
    return f"striate.cli.{verb.replace('-', '_')}"
