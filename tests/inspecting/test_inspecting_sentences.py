"""What an inspection refuses, and what it says of one unit, in the language that was asked for."""

from string import Formatter

import pytest
from torch import nn

from striate.errors import StriateError
from striate.inspecting import inspect
from striate.inspecting.inspection import vietnamese
from striate.inspecting.table import NAMES
from striate.inspecting.views import WORDS
from striate.models.own import reason

VIETNAMESE = vietnamese()


def test_templates_hold_the_same_facts() -> None:
    for english, other in VIETNAMESE.table.items():
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, other)]
        assert places[0] == places[1], english


@pytest.mark.parametrize("word", [*NAMES.values(), *WORDS.values()])
def test_every_word_of_a_page_is_translated(word: str) -> None:
    assert VIETNAMESE(word) != word


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"network": "resnet18", "input": (224, 224, 3)},
            "224x224x3 sẽ là 224 kênh đối với resnet18: kênh đứng đầu; với 3 kênh hãy viết 3x224x224",
        ),
        (
            {"network": nn.Sequential(nn.Conv2d(3, 4, 5)), "input": (3, 4, 4)},
            "tầng '0' (Conv2d) nhận 1×3×4×4: nhân 5×5 không vừa với đầu vào, vốn có cỡ 4×4 tính cả phần đệm",
        ),
        (
            {"network": nn.Sequential(nn.Conv2d(3, 4, 1)), "input": (4, 4, 3)},
            "tầng '0' (Conv2d) nhận 1×4×4×3: cần 3 kênh đầu vào, không phải 4",
        ),
        (
            {"network": nn.Sequential(nn.Linear(8, 4)), "input": (7,)},
            "tầng '0' (Linear) nhận 1×7, và bị lỗi: mat1 and mat2 shapes cannot be multiplied (1x7 and 8x4)",
        ),
        (
            {"network": "no/such.onnx"},
            "không có tệp no/such.onnx: hãy cho đường dẫn của một tệp .onnx hoặc .pt2",
        ),
        ({"network": "plain", "batch": 0}, "một lô có từ một đầu vào trở lên; nhận được 0"),
    ],
)
def test_errors_are_told_in_the_language_asked_for(asked: dict[str, object], expected: str) -> None:
    with pytest.raises(StriateError) as found:
        inspect(**asked, language="vi")  # type: ignore[call-overload]
    with pytest.raises(type(found.value)) as english:
        inspect(**asked)  # type: ignore[call-overload]
    assert str(found.value) == expected == VIETNAMESE(str(english.value))


def test_a_reason_that_is_not_ours_stays() -> None:
    assert VIETNAMESE(reason(ValueError("no such thing"))) == reason(ValueError("no such thing"))
