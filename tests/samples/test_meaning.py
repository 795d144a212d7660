"""The meaning of outputs: the loss that suits the targets, and probabilities, classes and names from outputs."""

from __future__ import annotations

import re

import pytest

from purenn.activations import AnyActivation, identity, relu, sigmoid, softmax, tanh as tanh_activation
from purenn.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyOfProbabilities,
    CrossEntropy,
    CrossEntropyOfProbabilities,
    Loss,
    MeanSquaredError,
)
from purenn.matrix import Matrix
from purenn.samples import Labels, Meaning, Rows, Samples, as_loss, loss_doubts

QUANTITIES = Matrix([[0.5], [1.5]])
YES_AND_NO = Matrix([[0.0], [1.0]])
SEVERAL = Matrix([[1.0, 1.0], [0.0, 1.0]])
LOGITS = Matrix([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0]])
ODDS = Matrix([[0.0], [2.0], [-2.0]])


def samples(targets: Rows) -> Samples:
    return Samples(Matrix([[0.5], [1.5]]), targets)


@pytest.mark.parametrize(
    ("targets", "loss"),
    [
        (Labels([0, 1], classes=2), CrossEntropy),
        (YES_AND_NO, BinaryCrossEntropy),
        (SEVERAL, BinaryCrossEntropy),
        (QUANTITIES, MeanSquaredError),
    ],
)
def test_the_targets_tell_the_loss(targets: Rows, loss: type[Loss]) -> None:
    assert type(as_loss(None, samples(targets))) is loss


def test_a_loss_is_given_by_itself_by_its_class_or_by_its_name() -> None:
    mine = CrossEntropy()
    assert as_loss(mine, samples(Labels([0, 1], 2))) is mine
    for same in (CrossEntropy, "cross_entropy", "CrossEntropy"):
        assert type(as_loss(same, samples(Labels([0, 1], 2)))) is CrossEntropy


@pytest.mark.parametrize(
    ("targets", "last", "loss"),
    [
        (Labels([0, 1], classes=2), softmax, CrossEntropyOfProbabilities),
        (YES_AND_NO, sigmoid, BinaryCrossEntropyOfProbabilities),
    ],
)
def test_after_softmax_or_sigmoid_the_loss_takes_probabilities(
    targets: Rows, last: AnyActivation, loss: type[Loss]
) -> None:
    assert type(as_loss(None, samples(targets), last)) is loss


def test_a_last_layer_with_which_nothing_can_be_learned_is_refused() -> None:
    with pytest.raises(ValueError, match="softmax of one output is always 1"):
        as_loss(None, samples(YES_AND_NO), softmax)
    with pytest.raises(ValueError, match="sigmoid over 2 classes: its outputs do not sum to 1"):
        as_loss(CrossEntropyOfProbabilities(), samples(Labels([0, 1], 2)), sigmoid)


def test_a_loss_and_a_last_layer_that_do_not_suit_each_other_are_doubted() -> None:
    assert loss_doubts(CrossEntropy(), identity) == loss_doubts(MeanSquaredError(), softmax) == ()
    (limited,) = loss_doubts(BinaryCrossEntropy(), tanh_activation)
    assert "takes logits, any numbers, but the last layer is tanh, which limits them" in limited
    (twice,) = loss_doubts(CrossEntropy(), softmax)
    assert "the last layer of the network makes probabilities already" in twice
    (none,) = loss_doubts(CrossEntropyOfProbabilities(), identity)
    assert "takes probabilities, but the last layer does not make them" in none


# From outputs to answers.


def test_logits_of_classes_become_probabilities_numbers_and_names() -> None:
    meaning = Meaning(CrossEntropy(), ("a", "b", "c"), identity)
    for row, logits in zip(meaning.class_probabilities(LOGITS), LOGITS):
        assert row == pytest.approx(softmax(logits))
    assert meaning.class_numbers(LOGITS, 0.5) == [0, 2]
    assert meaning.class_names(LOGITS) == ["a", "c"]


def test_a_single_output_tells_two_classes_apart() -> None:
    meaning = Meaning(BinaryCrossEntropy(), ("no", "yes"), identity)
    half, likely, unlikely = meaning.class_probabilities(ODDS)
    # sigmoid(2) = 1 / (1 + e^-2) = 0.8807971, and sigmoid(-2) is the rest
    assert half == [0.5, 0.5]
    assert likely == pytest.approx([0.1192029, 0.8807971])
    assert unlikely == pytest.approx([0.8807971, 0.1192029])
    assert meaning.class_names(ODDS) == ["no", "yes", "no"]
    assert meaning.class_numbers(ODDS, 0.9) == [0, 0, 0]


def test_outputs_of_a_network_whose_loss_is_not_known_are_logits_unless_it_makes_probabilities() -> None:
    assert Meaning(last=identity).class_probabilities(LOGITS)[0] == pytest.approx(softmax(LOGITS[0]))
    made = Matrix([[0.25, 0.75]])
    assert Meaning(last=softmax).class_probabilities(made) == made


def test_labels_are_1_where_the_probability_is_over_the_threshold() -> None:
    meaning = Meaning(BinaryCrossEntropy(), (), identity)
    assert meaning.labels(Matrix([[2.0, -2.0]]), 0.5) == [[1, 0]]
    assert meaning.labels(Matrix([[2.0, -2.0]]), 0.9) == [[0, 0]]


def test_answers_of_another_kind_than_the_targets_are_refused_with_the_call_that_works() -> None:
    quantities = Meaning(MeanSquaredError(), (), identity)
    for ask in (lambda: quantities.class_numbers(ODDS, 0.5), lambda: quantities.labels(ODDS, 0.5)):
        with pytest.raises(ValueError, match=re.escape("predict(inputs) returns them")):
            ask()
    with pytest.raises(ValueError, match=re.escape("whose outputs are not probabilities")):
        quantities.class_probabilities(ODDS)
    with pytest.raises(ValueError, match=re.escape("predict_multilabel(inputs) returns them")):
        Meaning(BinaryCrossEntropy(), (), identity).class_numbers(LOGITS, 0.5)
    with pytest.raises(ValueError, match=re.escape("predict_classes(inputs) returns them")):
        Meaning(CrossEntropy(), (), identity).labels(LOGITS, 0.5)
    with pytest.raises(ValueError, match="the names of the 3 classes are not known"):
        Meaning(CrossEntropy(), (), relu).class_names(LOGITS)


# In files.


def test_the_loss_and_the_classes_go_through_metadata() -> None:
    meaning = Meaning(CrossEntropy(), ("a", "b", "c"))
    assert Meaning.from_metadata(meaning.metadata, 3).metadata == meaning.metadata
    assert Meaning.from_metadata({}, 3) == Meaning()


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"loss": "guess"}, "it was trained with the loss 'guess': no loss is called 'guess'"),
        ({"loss": "cross_entropy", "loss options": "[]"}, "the options of its loss are [], expected an object"),
        ({"classes": "a\nb"}, "its classes are a, b, expected 3 for 3 outputs"),
    ],
)
def test_metadata_that_fit_no_network_are_refused(metadata: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Meaning.from_metadata(metadata, 3)
