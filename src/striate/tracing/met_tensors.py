"""The tensors of one run, each with a number, in the order in which they were met.

What each is to the network (input, parameter, constant, made of the input), which of them are one and the
same, and which hold anything that was computed from the input.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from torch import Tensor
from torch._ops import OpOverload

from striate.arithmetic.described import Fill, Role
from striate.errors import NetworkError
from striate.tracing.arguments import bodiless, is_wrapped, memory, reshapes_in_place
from striate.tracing.constants import Constants


class MetTensors(ABC):
    """Tensors by number."""

    def __init__(
        self, known: Mapping[int, tuple[Role, tuple[str, ...]]], with_values: bool, has_values: bool
    ) -> None:
        """known: role and names of the network's own tensors, by id. has_values: whether these have any."""
        self.known = known
        self.with_values, self.has_values = with_values, has_values
        self.tensors: list[Tensor] = []  # held, so that no id is used twice
        self.also: list[Tensor] = []  # held too: further objects for the same tensors
        self.shapes: list[tuple[int, ...]] = []  # as they were when they were met
        self.roles: list[Role] = []
        self.numbers: dict[int, int] = {}  # by id
        self.packed: dict[int, tuple[int, str]] = {}  # unlisted weights: in which call, and what
        self.folded: dict[int, str] = {}  # names of weights in frozen code, by their memory
        self.made: dict[int, bool] = {}  # by memory: whether it came during the run
        self.dependent: set[int] = set()  # memory that holds anything computed from the input
        self.of_weights: dict[int, list[int]] = {}  # by memory: parameters, and what was made of them
        self.weights: Callable[[], Iterable[Tensor]] = tuple  # all parameters of the network
        self.constants = Constants()
        self.escaped = False

    def number(self, tensor: Tensor, role: Role | None = None) -> int:
        """The number of a tensor, a new one if it has not been met."""
        number = self.numbers.get(id(tensor))
        if number is not None:
            return number
        if role is None and (number := self._same(tensor)) is not None:
            self.numbers[id(tensor)] = number
            self.also.append(tensor)
            return number
        number = self.numbers[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        self.shapes.append(_shape(tensor))
        self.roles.append(role or self._role(tensor))
        home = memory(tensor)
        self.made.setdefault(home, role is Role.ACTIVATION)
        if self.roles[number] is Role.CONSTANT and home in self.folded:
            self.roles[number] = Role.PARAMETER
            self.packed[number] = (0, self.folded[home])
        if self.roles[number] is Role.PARAMETER:
            self._inherit([number], Fill.GENERIC)
        return number

    def _same(self, tensor: Tensor) -> int | None:
        """The number of a tensor of which this is another object, made where no operation is heard.

        Of what depends on the input, of parameters, and of what was made of these: so are `x.data`,
        `nn.Parameter(x)` and `x.as_subclass(…)`.
        """
        home = memory(tensor)
        among: Iterable[int] = self.numbers.values()
        if home not in self.dependent:
            if id(tensor) in self.known:
                return None
            if home in self.unmet:
                self.number(self.unmet.pop(home))
            among = self.of_weights.get(home, ())
        layout = _layout(tensor) if among else ()
        return next((n for n in among if _layout(self.tensors[n]) == layout), None)

    @cached_property
    def unmet(self) -> dict[int, Tensor]:
        """The network's parameters by their memory, until one is met by way of another object for it."""
        return {memory(weight): weight for weight in self.weights()}

    def _role(self, tensor: Tensor) -> Role:
        """What a tensor that was there before is."""
        known = self.known.get(id(tensor))
        if known is not None:
            return known[0]
        if not self.with_values and self.has_values and bodiless(tensor) and not is_wrapped(tensor):
            self._came_unheard()
        return Role.FOREIGN if self.escaped else Role.CONSTANT

    @abstractmethod
    def _came_unheard(self) -> None:
        """A tensor without memory that was not here before: another thread made it of the input."""

    def feed(self, tensor: Tensor) -> None:
        """Make a tensor an input."""
        self.number(tensor, Role.INPUT)
        self.dependent.add(memory(tensor))

    def depends(self, tensors: Sequence[Tensor]) -> bool:
        """Whether any of them was computed from the input."""
        return not self.dependent.isdisjoint(map(memory, tensors))

    def _inherit(self, outputs: Sequence[int], fill: Fill) -> None:
        """Tensors are parameters, or were made of what has this fill."""
        self.constants.inherit(outputs, fill)
        if fill is Fill.GENERIC:
            for number in outputs:
                self.of_weights.setdefault(memory(self.tensors[number]), []).append(number)

    def _forget_reshaped(self, func: OpOverload, results: Sequence[Tensor]) -> None:
        """What became a view of itself, or has another shape now (`set_`), is another from here on."""
        for tensor in results:
            number = self.numbers.get(id(tensor))
            if number is None:
                continue
            if reshapes_in_place(func) or self.shapes[number] != tuple(tensor.shape):
                del self.numbers[id(tensor)]


def _shape(tensor: Tensor) -> tuple[int, ...]:
    try:
        return tuple(tensor.shape)
    except RuntimeError:
        raise NetworkError(
            "it makes a nested tensor of the strided layout, which has no shape: make it with "
            "layout=torch.jagged"
        ) from None


def _layout(tensor: Tensor) -> tuple[object, ...]:
    """Where and how the elements of a tensor lie."""
    return memory(tensor), tensor.shape, tensor.stride(), tensor.storage_offset(), tensor.dtype
