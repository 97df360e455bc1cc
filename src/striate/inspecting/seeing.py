"""What the rows of a table see of one input."""

from striate.arithmetic.described import ModuleCall, Recording
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.receptive_field import fields_and_moments
from striate.arithmetic.receptive.summary import ReceptiveField, summarise
from striate.inspecting.grouping import Group


class Seeing:
    """The receptive fields of every row in one input."""

    def __init__(self, recording: Recording, place: int) -> None:
        """place: the input's position among the inputs."""
        self.recording = recording
        self.fields, self.moments = fields_and_moments(recording, map(result_of, recording.calls), place)
        self.axes = tuple(name for name in recording.axes_of(place) if name not in "NC")
        self.summaries: dict[int, ReceptiveField] = {}

    def of(self, group: Group) -> Field | None:
        """What the tensor that a row gives sees."""
        call = self.recording.calls[group.call]
        if group.atomic and call.facts.get("returns"):
            return self.moments[result_of(call)]
        found = self.fields[group.operations[-1]] if group.operations else []
        return found[0] if found else None

    def summary(self, field: Field | None) -> ReceptiveField | None:
        """The numbers of a field; layers that see alike share them."""
        if field is None:
            return None
        if id(field) not in self.summaries:
            self.summaries[id(field)] = summarise(field, self.axes)
        return self.summaries[id(field)]


def seeing_of(recording: Recording) -> dict[str, Seeing]:
    """For the main input and each other one whose units go along something, by name."""
    return {
        name: Seeing(recording, place)
        for place, name in enumerate(recording.input_names)
        if place == recording.main or set(recording.axes_of(place)) - set("NC")
    }


def result_of(call: ModuleCall) -> tuple[int, int]:
    """When a call gave its result, and the number of the first tensor of it; the input's if it gave none."""
    return (call.facts.get("ends", 0), (call.facts.get("returns") or (0,))[0])
