"""What an export looks like: the sizes, the check, and faster only where it was."""

import pytest

import striate
from striate.exporting import Export
from striate.exporting.checking import Times
from striate.exporting.page import export_document, figures, speed
from striate.pages import document_of


def test_all_of_it_is_on_the_page(int8_file: Export) -> None:
    document = document_of(int8_file)
    assert document.title == f"int8.onnx: {int8_file.run} as ONNX"
    assert [section.title for section in document.sections] == ["The file", "The check"]
    page = int8_file._repr_html_()
    for name, text in figures(int8_file):
        assert name in page
        assert text.split(",")[0] in page
    assert export_document(int8_file) == document


def test_figures_in_words(step_file: Export, image_file: Export) -> None:
    told = dict(figures(step_file))
    assert told["compared on"] == "4 streams of 68 frames of frames, test"
    assert told["state of a stream"] == "1.164 KiB"
    assert list(told)[-2:] == ["speed here", "threads"]
    assert "state of a stream" not in dict(figures(image_file))
    assert dict(figures(image_file))["compared on"] == "64 inputs of digits, test"


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (Times(1, 0.02, 0.01), "2.00 times as fast as PyTorch"),
        (Times(1, 0.01, 0.01), "not faster than PyTorch"),
        (Times(2, 0.02, 0.01, 0.008), "2.00 times as fast as PyTorch, not faster than in fp32"),
        (Times(2, 0.02, 0.01, 0.03), "2.00 times as fast as PyTorch, 3.00 times as fast as in fp32"),
    ],
)
def test_faster_only_where_it_was(times: Times, says: str) -> None:
    assert speed(times) == says


def test_a_file_is_inspected_as_its_run_is(image_file: Export, int8_file: Export) -> None:
    """Its own layers, with the same parameters and costs, between those that prepare and answer."""
    own = {layer.name: layer for layer in striate.inspect(image_file.run).layers}
    for file in (image_file, int8_file):
        found = {layer.name: layer for layer in striate.inspect(file.path).layers}
        for name in (name for name, layer in own.items() if layer.parameters):
            assert found[name].output_shape == own[name].output_shape
            assert (found[name].formula, found[name].macs) == (own[name].formula, own[name].macs)
            assert found[name].receptive_field.size == own[name].receptive_field.size
