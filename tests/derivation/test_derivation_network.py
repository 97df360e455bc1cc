"""A whole network: every gradient equals torch's, and training goes step by step as torch's does."""

import numpy as np
import pytest
import torch
from derivation_witness import close, randoms, tried

from striate.derivation import (
    GRU,
    Adam,
    BatchNorm,
    Convolution,
    CrossEntropy,
    Dropout,
    Flatten,
    FullyConnected,
    Layer,
    MaxPool,
    Relu,
    Sequential,
    ThroughTime,
    convolution_layer,
    fully_connected_layer,
    update,
)
from striate.errors import ArgumentError


def small(random):
    """conv → batch norm → ReLU → max pool → flatten → fully connected, in float64."""
    norm = {"weight": random.random(4), "bias": random.random(4)}
    return Sequential(
        (
            convolution_layer((4, 2, 3, 3), random, Convolution(padding=1), np.float64),
            Layer(BatchNorm(), norm),
            Layer(Relu()),
            Layer(MaxPool(2)),
            Layer(Flatten()),
            fully_connected_layer(4 * 3 * 3, 5, random, np.float64),
        )
    )


def the_same_in_torch(network):
    """torch's modules under the same names, with the same numbers."""
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(36, 5),
    ).double()
    state = {name: torch.tensor(value) for name, value in network.parameters.items()}
    theirs.load_state_dict(state, strict=False)
    return theirs


def test_training_equals_torchs_step_by_step():
    random = np.random.default_rng(0)
    network, loss, rule, states = small(random), CrossEntropy(0.1), Adam(0.01), None
    theirs = the_same_in_torch(network)
    optimiser = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for _ in range(5):
        x, labels = random.standard_normal((6, 2, 6, 6)), random.integers(0, 5, 6)
        scores, saved = network.forward(x)
        value, saved_loss = loss.forward(scores, labels)
        gradients = network.parameter_gradients(loss.backward(saved_loss), saved)

        optimiser.zero_grad()
        their_value = torch.nn.functional.cross_entropy(
            theirs(torch.tensor(x)), torch.tensor(labels), label_smoothing=0.1
        )
        their_value.backward()
        close(value, their_value)
        for name, parameter in theirs.named_parameters():
            close(gradients[name], parameter.grad)

        optimiser.step()
        parameters, states = update(rule, network.parameters, gradients, states)
        network = network.with_parameters(parameters)


def test_the_input_gradient_equals_torch_and_numbers_tried():
    random = np.random.default_rng(1)
    network = small(random)
    (x,) = randoms(2, (2, 2, 6, 6))
    y, saved = network.forward(x)
    (dy,) = randoms(3, y.shape)
    dx, gradients = network.backward(dy, saved)
    tensor = torch.tensor(x, requires_grad=True)
    the_same_in_torch(network)(tensor).backward(torch.tensor(dy))
    close(dx, tensor.grad)
    close(dx, tried(lambda x: network.forward(x)[0], x, dy), 1e-6)
    assert list(gradients) == list(network.parameters)


def test_masks_and_statistics_are_given_by_name():
    random = np.random.default_rng(4)
    dropout = Dropout(0.5)
    network = Sequential((Layer(BatchNorm()), Layer(dropout)))
    (x,) = randoms(5, (4, 3))
    mask = dropout.mask(x.shape, random)
    constants = {"0.mean": np.zeros(3), "0.variance": np.ones(3) - 1e-5}
    y, saved = network.forward(x, {"1.mask": mask, **constants})
    close(y, x * mask * 2)
    close(network.forward(x, constants)[0], x)
    assert saved[0].constant


def test_a_recurrent_layer_may_stand_first():
    weights = dict(zip(["weight_ih", "weight_hh"], randoms(6, (9, 2), (9, 3)), strict=True))
    network = Sequential((Layer(ThroughTime(GRU()), weights), Layer(FullyConnected(), {"weight": np.eye(3)})))
    (x,) = randoms(7, (2, 4, 2))
    y, saved = network.forward(x)
    gradients = network.parameter_gradients(np.ones_like(y), saved)
    assert {name: value.shape for name, value in gradients.items()} == {
        "0.weight_ih": (9, 2),
        "0.weight_hh": (9, 3),
        "1.weight": (3, 3),
    }


def test_layers_start_as_he_said_and_float32_stays():
    layer = convolution_layer((64, 32, 3, 3), np.random.default_rng(8))
    weight = layer.parameters["weight"]
    assert weight.std() == pytest.approx(np.sqrt(2 / 288), rel=0.02)
    assert {weight.dtype, layer.parameters["bias"].dtype} == {np.dtype(np.float32)}


def test_other_parameters_must_have_the_same_names_and_shapes():
    network = Sequential((fully_connected_layer(3, 2, np.random.default_rng(9)),))
    with pytest.raises(ArgumentError, match=r"parameter 0\.bias: got nothing, expected shape \(2,\)"):
        network.with_parameters({"0.weight": np.zeros((2, 3))})
    with pytest.raises(ArgumentError, match=r"parameter 0\.weight: got \(3, 2\), expected shape \(2, 3\)"):
        network.with_parameters({"0.weight": np.zeros((3, 2)), "0.bias": np.zeros(2)})
