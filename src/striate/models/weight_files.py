"""Weights in files: whatever a checkpoint looks like on disk, a state dict comes out.

Nothing that is read can run code: safetensors holds none, and pickles are read with `weights_only=True`,
which knows tensors and plain containers and refuses anything else.
"""

import re
import warnings
import zipfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import WeightsError
from striate.runs import BLANK, KEY, MODEL, SEALED, has_seal, holds_run, intact, read_record, seal

State = dict[str, Tensor]

NESTS = ("state_dict", "model_state_dict", "model_state", "model")  # where checkpoints keep theirs
WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before each name
DIRECTORY = 0x10  # the attribute for which torch takes an entry as empty, and leaves its tensor as memory was
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how the two formats of torch.save begin
SHOWN = 5  # names that a message lists before it breaks off


@checked
def read_weights(path: str | Path) -> State:
    """The state dict in a `.safetensors` file, a checkpoint of `torch.save`, or a run folder.

    Checkpoints that keep the weights under a key such as `state_dict` are unwrapped, and the prefixes that
    `DataParallel` and `torch.compile` put before each name are taken off. Checksums that are there are
    verified: those of a run, and those of the zip that `torch.save` writes.

    Args:
        path: of the file, or of the folder of a run.

    Returns:
        Names with tensors: on the CPU, dense, of finite numbers.

    Raises:
        WeightsError: no such file, not a checkpoint, cut short, changed since it was written, or a pickle
            that would run code.
    """
    path = Path(path)
    try:
        return _read_run(path) if path.is_dir() else _read_file(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error


def read_run_weights(path: Path, sealed: bool) -> State:
    """The weights of a run.

    Args:
        path: of the safetensors file.
        sealed: whether the run is of a version that writes checksums, so that none is damage.

    Raises:
        WeightsError: as `read_weights`.
    """
    return _state_in(_read_safetensors(path, sealed), path)


@checked
def save_weights(network: nn.Module | Mapping[str, Tensor], path: str | Path) -> None:
    """Writes weights as safetensors, with a checksum, each tensor a contiguous copy of its own.

    Args:
        network: a network, or its state dict.
        path: of the file.
    """
    state = network.state_dict() if isinstance(network, nn.Module) else network
    copies = {
        name: tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)
        for name, tensor in state.items()
    }
    save_file(copies, path, metadata={KEY: BLANK.decode()})  # one: order is drawn
    seal(Path(path))


def _read_run(folder: Path) -> State:
    if not (folder / MODEL).is_file():
        raise WeightsError(f"{folder} holds no {MODEL}: expected a run folder or a file of weights")
    sealed = holds_run(folder) and read_record(folder)["format"] >= SEALED
    return read_run_weights(folder / MODEL, sealed)


def _read_file(path: Path) -> State:
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: expected a .pth or .safetensors file, or a run folder")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    return _without_wrappers(_state_in(content, path))


def _read_safetensors(path: Path, sealed: bool = False) -> State:
    with path.open("rb") as file:
        if (sealed or has_seal(file)) and not intact(file):
            raise WeightsError(
                f"{path} is damaged: its checksum is not that of its content; restore it from a copy, "
                "or train again"
            )
        file.seek(0)
        content = file.read()
    try:
        return load(content)
    except Exception as error:  # damaged bytes can break the reader in any way
        raise WeightsError(f"{path} is damaged or cut short ({error}): copy or download it again") from error


def _read_pickle(path: Path) -> object:
    with path.open("rb") as file:
        start = file.read(len(ZIP))
    if start != ZIP and not start.startswith(PICKLE):
        raise WeightsError(f"{path} is not a checkpoint: expected what torch.save or safetensors writes")
    try:
        if start == ZIP:
            check_archive(path)
        with warnings.catch_warnings(action="ignore"):  # of pickle protocols; the outcome says it all
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise _refused(path, error) from error
    except Exception as error:  # damaged bytes can break the reader in any way
        raise WeightsError(f"{path} is damaged or cut short: copy or download it again") from error


def check_archive(path: Path) -> None:
    """Compares a zip that torch wrote with the checksums in it, at which torch itself does not look.

    Entries are stored as they are, so that none can grow beyond the file when it is read.

    Raises:
        ValueError: it is not what was written.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        stored = all(
            entry.compress_type == zipfile.ZIP_STORED and not entry.external_attr & DIRECTORY
            for entry in entries
        )
        if not stored or len({entry.filename for entry in entries}) < len(entries):
            raise ValueError("its entries are not as torch writes them")
        if archive.testzip() is not None:
            raise ValueError("it was changed since it was written, its checksums say")


def _refused(path: Path, error: UnpicklingError) -> WeightsError:
    asked = re.search(r"GLOBAL (\S+)", str(error))
    why = f"it asks for {asked[1]}" if asked else "it is an ordinary pickle"
    return WeightsError(
        f"{path} is refused, as reading it could run code ({why}): "
        "save the state dict alone, with torch.save(network.state_dict(), path)"
    )


def _state_in(content: object, path: Path) -> State:
    """The names and tensors themselves, out of whatever nest they are kept in."""
    seen: list[object] = []
    while isinstance(content, Mapping) and not any(content is nest for nest in seen):
        seen.append(content)
        nests = [content[nest] for nest in NESTS if isinstance(content.get(nest), Mapping)]
        if not nests:
            break
        content = nests[0]
    if isinstance(content, Mapping) and content and all(map(_is_entry, content, content.values())):
        for name, tensor in content.items():
            _check_tensor(name, tensor, path)
        return dict(content)
    raise WeightsError(
        f"{path} holds no state dict: expected names with tensors, at the top or under "
        f"{', '.join(NESTS)}; found {_description(content)}"
    )


def _is_entry(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor)


def _check_tensor(name: str, tensor: Tensor, path: Path) -> None:
    """Refuses tensors whose numbers are not simply there, or are none."""
    kind = odd_kind(tensor)
    if kind is not None:
        raise WeightsError(f"{path} holds {name} as {kind}: expected dense tensors of finite numbers")


def _description(content: object) -> str:
    if not isinstance(content, Mapping):
        return f"one {type(content).__name__}"
    kinds = [f"{str(name)[:60]} ({type(value).__name__})" for name, value in islice(content.items(), SHOWN)]
    others = ", …" if len(content) > SHOWN else ""
    return f"{', '.join(kinds) or 'nothing'}{others}"


def _without_wrappers(state: State) -> State:
    for wrapper in WRAPPERS:
        if all(name.startswith(wrapper) for name in state):
            state = {name.removeprefix(wrapper): tensor for name, tensor in state.items()}
    return state


def is_state_of(found: Mapping[str, object], wanted: Mapping[str, Tensor]) -> bool:
    """Whether these have the names, shapes and types of a network's state, and are plain finite tensors."""
    return found.keys() == wanted.keys() and all(
        is_like(tensor, wanted[name]) for name, tensor in found.items()
    )


def is_like(found: object, wanted: Tensor) -> bool:
    """Whether something is a plain finite tensor of this shape and type."""
    return (
        isinstance(found, Tensor)
        and found.shape == wanted.shape
        and found.dtype == wanted.dtype
        and odd_kind(found) is None
    )


def odd_kind(tensor: Tensor) -> str | None:
    """What a tensor is that does not have all its numbers in memory, each finite; None for one that has."""
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        return "a sparse, nested or quantized tensor"
    if tensor.is_meta:
        return "a tensor without numbers (of the meta device)"
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        return "an expanded tensor, larger than its memory"
    if not bool(torch.isfinite(tensor).all()):
        return "a tensor with numbers that are not finite"
    return None
