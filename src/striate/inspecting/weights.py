"""Which parameters each row uses, followed through whatever prepares them: transposes, masks."""

from collections.abc import Sequence

from striate.arithmetic.described import Operation, ParameterInfo, Recording, Role
from striate.inspecting.grouping import Group


class ParameterUse:
    """Goes through the rows in order; a parameter is counted in the first row that uses it."""

    def __init__(self, recording: Recording) -> None:
        self.tensors = recording.tensors
        self.operations = recording.operations
        self.by_name = {name: p for p in recording.parameters for name in (p.name, *p.aliases)}
        self.inside = self._prepared()
        self.counted: set[str] = set()

    def _prepared(self) -> dict[int, tuple[str, ...]]:
        """For each tensor, the parameters that it consists of, if the input has no part in it."""
        inside: dict[int, tuple[str, ...]] = {}
        for number, info in enumerate(self.tensors):
            if info.role is Role.PARAMETER and info.names:
                inside[number] = (info.names[0],)
        for operation in self.operations:
            if self._of_input(operation):
                continue
            names = dict.fromkeys(name for tensor in operation.inputs for name in inside.get(tensor, ()))
            for tensor in operation.outputs:
                if names and self.tensors[tensor].role is not Role.PARAMETER:
                    inside[tensor] = tuple(names)
        return inside

    def _of_input(self, operation: Operation) -> bool:
        active = (Role.INPUT, Role.ACTIVATION, Role.FOREIGN)
        return any(self.tensors[tensor].role in active for tensor in operation.inputs)

    def of(self, group: Group) -> tuple[list[ParameterInfo], list[str]]:
        """The parameters that a row is the first to use, and the names of those counted before."""
        names = dict.fromkeys(
            name
            for index in group.operations
            for tensor in self.operations[index].inputs
            for name in self.inside.get(tensor, ())
        )
        used = [self.by_name[name] for name in names]
        new = [p for p in used if p.name not in self.counted]
        again = [p.name for p in used if p.name in self.counted]
        self.counted.update(p.name for p in new)
        return new, again


def is_bias(parameter: ParameterInfo, among: Sequence[ParameterInfo]) -> bool:
    """Whether a parameter is added rather than multiplied: by its name, which torch.nn keeps to."""
    last = parameter.name.rsplit(".", 1)[-1]
    return "bias" in last or (last in ("b", "beta") and len(among) > 1)
