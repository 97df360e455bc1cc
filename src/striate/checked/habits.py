"""Names that people type from the habit of other tools, and what they are called here."""

from collections.abc import Iterable
from difflib import get_close_matches

HABITS = {
    "learning_rate": "lr lr0",
    "batch_size": "batch batchsize bs",
    "batch": "batch_size bs",
    "backbone": "arch architecture model net network",
    "network": "arch architecture model net backbone",
    "size": "img imgsz img_size image_size input_size resize resolution",
    "input": "input_size input_shape shape",
    "time": "times way temporal",
    "frames": "num_frames clip_length length",
    "stride": "fps frame_interval",
    "epochs": "epoch max_epochs num_epochs n_epochs",
    "minutes": "max_time",
    "minutes_each": "minutes max_time",
    "classes": "n_classes num_classes",
    "optimizer": "opt optimiser",
    "options": "option",
    "schedule": "scheduler lr_scheduler cos_lr",
    "weight_decay": "wd",
    "warmup": "warmup_epochs",
    "clip_norm": "grad_clip gradient_clip_val",
    "label_smoothing": "smoothing",
    "ema": "ema_decay",
    "flip": "hflip fliplr horizontal_flip",
    "freeze": "freeze_layers",
    "number_format": "amp half precision dtype",
    "device": "accelerator gpu gpus",
    "workers": "num_workers",
    "num_threads": "num_workers workers threads",
    "seed": "random_seed",
    "recipe": "config preset",
    "resume": "checkpoint ckpt ckpt_path continue",
    "weights": "checkpoint ckpt ckpt_path pretrained weight",
    "run": "checkpoint ckpt model network path",
    "track": "tensorboard logger tracker report_to wandb mlflow",
    "out": "dir folder name output output_dir project save_dir exist_ok",
    "data": "data_dir dataset path train_dir images source",
    "source": "data data_dir dataset path",
    "files": "images source",
    "split": "validation_split",
    "language": "lang",
    "int8": "quantize quantise quantization quantized",
    "calibrate": "calib calibration calibration_data",
}
"""A name of ours → what it is called elsewhere; the first that a function or verb has is what was meant."""

VERBS = {
    "train": "fit finetune fine-tune learn start",
    "train --resume": "resume continue",
    "evaluate": "eval score test val validate",
    "predict": "classify detect infer inference",
    "inspect": "describe info profile show summary summarize",
    "explain": "visualize why",
    "compare": "benchmark",
    "export": "convert onnx deploy",
    "stream": "live webcam camera",
    "tune": "optimize",
    "demo": "example",
    "data get": "download fetch get",
    "data check": "check verify",
    "data pack": "pack",
    "data flow": "flow",
}
"""What does it here → what other tools call it."""


SHORT = 5
"""Letters of a name from which on more of it must be alike: a slip in a short one changes much of it."""


def meant(name: str, known: Iterable[str], habits: dict[str, str] = HABITS) -> str | None:
    """The known name that somebody most likely meant; None if there is none.

    Args:
        name: what was typed.
        known: the names that there are.
        habits: name → what people type for it, with spaces between.

    >>> meant("lr", ["epochs", "learning_rate"]), meant("epoch", ["epochs"]), meant("xyz", ["epochs"])
    ('learning_rate', 'epochs', None)
    """
    names = list(known)
    plain = name.strip("-").lower().replace("-", "_")
    by_habit = [ours for ours, theirs in habits.items() if ours in names and plain in theirs.split()]
    near = by_habit or get_close_matches(plain, names, n=1, cutoff=0.6 if len(plain) < SHORT else 0.7)
    return near[0] if near else None
