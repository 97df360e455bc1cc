"""Names that people type from the habit of other tools, and what they are called here."""

from collections.abc import Iterable
from difflib import get_close_matches

HABITS: dict[str, tuple[str, ...]] = {
    "accelerator": ("device",),
    "arch": ("backbone", "network"),
    "architecture": ("backbone", "network"),
    "batch": ("batch_size",),
    "batchsize": ("batch_size",),
    "bs": ("batch_size", "batch"),
    "checkpoint": ("resume", "weights", "run"),
    "ckpt": ("resume", "weights", "run"),
    "ckpt_path": ("resume", "weights", "run"),
    "clip_length": ("frames",),
    "config": ("preset",),
    "continue": ("resume",),
    "cos_lr": ("schedule",),
    "dataset": ("data", "source"),
    "data_dir": ("data", "source"),
    "dir": ("out",),
    "ema_decay": ("ema",),
    "epoch": ("epochs",),
    "exist_ok": ("out",),
    "format": ("number_format",),
    "fps": ("stride",),
    "freeze_layers": ("freeze",),
    "gpu": ("device",),
    "gpus": ("device",),
    "gradient_clip_val": ("clip_norm",),
    "grad_clip": ("clip_norm",),
    "hflip": ("flip",),
    "fliplr": ("flip",),
    "horizontal_flip": ("flip",),
    "images": ("files", "data"),
    "image_size": ("size",),
    "img": ("size",),
    "img_size": ("size",),
    "imgsz": ("size",),
    "input_size": ("input", "size"),
    "input_shape": ("input", "size"),
    "lang": ("language",),
    "language": ("lang",),
    "length": ("frames",),
    "lr": ("learning_rate", "rate"),
    "lr0": ("learning_rate", "rate"),
    "lr_scheduler": ("schedule",),
    "max_epochs": ("epochs",),
    "max_time": ("minutes",),
    "model": ("backbone", "network", "run"),
    "n_classes": ("classes",),
    "name": ("out",),
    "net": ("backbone", "network"),
    "network": ("backbone", "run"),
    "num_classes": ("classes",),
    "num_epochs": ("epochs",),
    "num_frames": ("frames",),
    "num_workers": ("workers",),
    "opt": ("optimizer",),
    "optimiser": ("optimizer",),
    "output": ("out",),
    "output_dir": ("out",),
    "path": ("data", "source", "run"),
    "precision": ("number_format",),
    "amp": ("number_format",),
    "half": ("number_format",),
    "pretrained": ("weights",),
    "project": ("out",),
    "random_seed": ("seed",),
    "resize": ("size",),
    "resolution": ("size",),
    "save_dir": ("out",),
    "scheduler": ("schedule",),
    "smoothing": ("label_smoothing",),
    "source": ("files", "data", "clip"),
    "temporal": ("time",),
    "train_dir": ("data",),
    "validation_split": ("split",),
    "verbose": (),
    "warmup_epochs": ("warmup",),
    "wd": ("weight_decay",),
    "way": ("time",),
    "weight": ("weights",),
}
"""A foreign name → what may be meant, the likeliest first; only what a function or verb has is said."""

VERBS = {
    "benchmark": "compare",
    "check": "data check",
    "classify": "predict",
    "describe": "inspect",
    "detect": "predict",
    "download": "data get",
    "eval": "evaluate",
    "example": "demo",
    "fetch": "data get",
    "finetune": "train",
    "fit": "train",
    "flow": "data flow",
    "get": "data get",
    "infer": "predict",
    "inference": "predict",
    "info": "inspect",
    "learn": "train",
    "optimize": "tune",
    "pack": "data pack",
    "profile": "inspect",
    "resume": "train --resume",
    "score": "evaluate",
    "show": "inspect",
    "start": "demo",
    "summary": "inspect",
    "test": "evaluate",
    "val": "evaluate",
    "validate": "evaluate",
    "visualize": "explain",
}
"""What other tools call a verb → the words after `striate` that do it."""


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody most likely meant; None if there is none.

    Args:
        name: what was typed.
        known: the names that there are.

    >>> meant("lr", ["epochs", "learning_rate"]), meant("epoch", ["epochs"]), meant("xyz", ["epochs"])
    ('learning_rate', 'epochs', None)
    """
    names = list(known)
    plain = name.strip("-").lower().replace("-", "_")
    by_habit = [one for one in HABITS.get(plain, ()) if one in names]
    near = by_habit or get_close_matches(plain, names, n=1, cutoff=0.6)
    return near[0] if near else None
