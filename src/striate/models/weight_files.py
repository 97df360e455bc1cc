"""Weights in files: whatever a checkpoint looks like on disk, a state dict comes out.

Nothing that is read can run code: safetensors holds none, and pickles are read with `weights_only=True`,
which knows tensors and plain containers and refuses anything else.
"""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import WeightsError
from striate.runs import MODEL

State = dict[str, Tensor]

NESTS = ("state_dict", "model_state_dict", "model_state", "model")  # where checkpoints keep theirs
WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before each name
ZIP, PICKLE = b"PK\x03\x04", b"\x80"  # how the two formats of torch.save begin
SHOWN = 5  # names that a message lists before it breaks off


@checked
def read_weights(path: str | Path) -> State:
    """The state dict in a `.safetensors` file, a checkpoint of `torch.save`, or a run folder.

    Checkpoints that keep the weights under a key such as `state_dict` are unwrapped, and the prefixes that
    `DataParallel` and `torch.compile` put before each name are taken off.

    Raises:
        WeightsError: no such file, not a checkpoint, cut short, or a pickle that would run code.
    """
    path = Path(path)
    if path.is_dir():
        path = _weights_of_run(path)
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: expected a .pth or .safetensors file, or a run folder")
    start = _first_bytes(path)
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path, start)
    return _without_wrappers(_state_in(content, path))


@checked
def save_weights(network: nn.Module | Mapping[str, Tensor], path: str | Path) -> None:
    """Write weights as safetensors, each tensor a contiguous copy of its own."""
    state = network.state_dict() if isinstance(network, nn.Module) else network
    copies = {
        name: tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)
        for name, tensor in state.items()
    }
    save_file(copies, path, metadata={"format": "pt"})


def _weights_of_run(folder: Path) -> Path:
    if not (folder / MODEL).is_file():
        raise WeightsError(f"{folder} holds no {MODEL}: expected a run folder or a file of weights")
    return folder / MODEL


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(ZIP))
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error


def _read_safetensors(path: Path) -> State:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is damaged or cut short ({error}): copy or download it again") from error


def _read_pickle(path: Path, start: bytes) -> object:
    if start != ZIP and not start.startswith(PICKLE):
        raise WeightsError(f"{path} is not a checkpoint: expected what torch.save or safetensors writes")
    try:
        with warnings.catch_warnings(action="ignore"):  # of pickle protocols; the outcome says it all
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise _refused(path, error) from error
    except Exception as error:  # damaged bytes can break the reader in any way
        raise WeightsError(f"{path} is damaged or cut short: copy or download it again") from error


def _refused(path: Path, error: UnpicklingError) -> WeightsError:
    asked = re.search(r"GLOBAL (\S+)", str(error))
    why = f"it asks for {asked[1]}" if asked else "it is an ordinary pickle"
    return WeightsError(
        f"{path} is refused, as reading it could run code ({why}): "
        "save the state dict alone, with torch.save(network.state_dict(), path)"
    )


def _state_in(content: object, path: Path) -> State:
    """The names and tensors themselves, out of whatever nest they are kept in."""
    while isinstance(content, Mapping):
        nests = [content[nest] for nest in NESTS if isinstance(content.get(nest), Mapping)]
        if not nests:
            break
        content = nests[0]
    if isinstance(content, Mapping) and content and all(isinstance(t, Tensor) for t in content.values()):
        return dict(content)
    raise WeightsError(
        f"{path} holds no state dict: expected names with tensors, at the top or under "
        f"{', '.join(NESTS)}; found {_description(content)}"
    )


def _description(content: object) -> str:
    if not isinstance(content, Mapping):
        return f"one {type(content).__name__}"
    kinds = [f"{name} ({type(value).__name__})" for name, value in content.items()]
    others = ", …" if len(kinds) > SHOWN else ""
    return f"{', '.join(kinds[:SHOWN]) or 'nothing'}{others}"


def _without_wrappers(state: State) -> State:
    for wrapper in WRAPPERS:
        if all(name.startswith(wrapper) for name in state):
            state = {name.removeprefix(wrapper): tensor for name, tensor in state.items()}
    return state
