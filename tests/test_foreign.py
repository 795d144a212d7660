"""Names of other libraries are answered with calls that work here."""

from __future__ import annotations

import pydoc
import re
from inspect import signature
from operator import attrgetter, methodcaller
from pathlib import Path

import pytest

import purenn
from purenn import foreign
from purenn.matrix import Matrix
from tests.datasets.test_picture_folders import two_classes


def names_in(line: str) -> list[str]:
    """Return the foreign names in a line of a table."""
    return line.strip().partition(": ")[0].split(", ") if line.strip() else []


NAMESPACE = (
    "from purenn import *\n"
    "X, y = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 8.0]] * 10, [0, 1, 2, 1] * 10\n"
    "m, n, scaler = Matrix(X), Matrix(X).T, standardize(X)\n"
    "dataset = datasets.load('iris')\n"
    "samples = dataset.train\n"
    "network, loss = feed_forward([2, 3, 3]), CrossEntropy()\n"
    "history = History([Epoch(1, 0.5, None, None, None, learning_rate=0.1, seconds=1.0)])\n"
    "epoch = history.best\n"
    "model = MLPClassifier((4,), max_iter=1).fit(X, y)\n"
)
ARGUMENTS_OF = {  # the call that an argument's answer belongs into
    "split": "split(X, y, {})",
    "fit": "fit(network, X, y, **{{'loss': loss, **dict({})}})",
    "partial_fit": "partial_fit(network, X, y, **{{'optimizer': SGD(0.1), **dict({})}})",
    "optimizer": "[make for make in (SGD, Adam, RMSProp) if {{*dict({0})}} <= {{*signature(make).parameters}}][0]({0})",
    "Linear": "Linear(**{{'in_features': 4, 'out_features': 8, **dict({})}})",
    "Dropout": "Dropout({})",
    "BatchNorm": "BatchNorm(**{{'features': 8, **dict({})}})",
    "schedules": "multi_step(**{{'learning_rate': 0.1, 'milestones': [1], **dict({})}})",
    "reduce_on_plateau": "reduce_on_plateau({})",
    "MLP": "MLPRegressor({})",
    "feed_forward": "feed_forward(**{{'sizes': [4, 8, 3], **dict({})}})",
}


@pytest.mark.parametrize(
    ("owner", "call"),
    sorted({(owner, call) for owner in foreign.FOREIGN for _, call in foreign.foreign_calls(owner).values() if call}),
)
@pytest.mark.filterwarnings("ignore")
def test_every_call_that_a_foreign_name_is_answered_with_works(
    owner: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.csv").write_text("size,kind\n1,a\n2,b\n3,a\n4,b\n", encoding="utf-8")
    two_classes(tmp_path / "pictures")
    purenn.feed_forward([2, 3, 3]).save("own.safetensors")
    names: dict[str, object] = {"signature": signature}
    exec(NAMESPACE, names)
    assert eval(ARGUMENTS_OF.get(owner, "{}").format(call), names) is not foreign


@pytest.mark.parametrize("name", [name for line in foreign.FOREIGN["purenn"].split("\n") for name in names_in(line)])
def test_a_name_of_another_library_is_answered_by_the_package(name: str) -> None:
    hint = re.escape(foreign.foreign(name))
    with pytest.raises(AttributeError, match=f"^purenn has no {name}; {hint}$"):
        attrgetter(name)(purenn)
    with pytest.raises(ImportError, match=f"^purenn has no {name}; {hint}$"):
        exec(f"from purenn import {name}")
    assert not hasattr(purenn, name)


def test_a_misspelt_name_of_the_package_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(AttributeError, match=r"^purenn has no feed_foward; did you mean feed_forward\?$"):
        attrgetter("feed_foward")(purenn)
    with pytest.raises(AttributeError, match=r"^purenn has no xyzzy$"):
        attrgetter("xyzzy")(purenn)


@pytest.mark.parametrize(
    ("name", "hint"), [("Densee", "purenn calls it Linear(4, 8)"), ("EarlyStoping", foreign.foreign("EarlyStopping"))]
)
def test_a_misspelt_name_of_another_library_is_answered_as_if_it_were_not_misspelt(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"^purenn has no {name}; {re.escape(hint)}$"):
        attrgetter(name)(purenn)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("predit", "; did you mean predict?"),
        ("predict_on_batch", "; purenn calls it network.predict(X)"),
        ("compil", f"; {foreign.foreign('compile', 'Sequential')}"),
        ("xyzzy", ""),
        ("__predict__", ""),
    ],
)
def test_a_misspelt_attribute_is_answered_with_the_one_that_was_meant(name: str, hint: str) -> None:
    network = purenn.feed_forward([2, 3])
    with pytest.raises(AttributeError, match=f"^'Sequential' object has no attribute '{name}'{re.escape(hint)}$"):
        attrgetter(name)(network)


@pytest.mark.parametrize(
    ("name", "owner", "word"),
    [
        ("verbose", "fit", "prints nothing, unless it is asked to"),
        ("class_weight", "fit", "takes the same dict"),
        ("restore_best_weights", "fit", "are restored in any case"),
        ("decay", "optimizer", "schedule="),
        ("clipnorm", "optimizer", "clip=clip_by_norm"),
        ("output", "feed_forward", "losses take logits"),
    ],
)
def test_an_argument_that_means_another_thing_elsewhere_is_explained(name: str, owner: str, word: str) -> None:
    assert word in foreign.foreign(name, owner)


def test_a_foreign_name_is_known_in_upper_and_lower_case_and_others_are_not() -> None:
    assert foreign.foreign("Dot", "Matrix") == "purenn calls it m @ n"
    assert (foreign.foreign("nonsense", "Matrix"), foreign.foreign("dot", "nobody")) == ("", "")


def test_a_name_is_answered_once() -> None:
    for owner, table in foreign.FOREIGN.items():
        names = [name.casefold() for line in table.split("\n") for name in names_in(line)]
        assert [name for name in names if names.count(name) > 1] == [], owner


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("Linear(8, activation='relu')", "has no argument activation; an activation is a layer of its own, as in"),
        ("Linear(8)", "is missing 1 required positional argument: 'out_features'; a layer takes its inputs and its"),
        ("Linear()", "is missing 2 required positional arguments: 'in_features' and 'out_features'; a layer takes"),
        ("Dropout(rate=0.2)", "has no argument rate; purenn calls it probability=0.2"),
        ("BatchNorm(8, axis=-1)", "has no argument axis; it normalizes the columns"),
        ("LayerNorm(8, epsilom=1e-3)", "has no argument epsilom; did you mean epsilon?"),
        ("exponential_decay(0.1, decay_steps=100)", "has no argument decay_steps; schedules count epochs"),
        ("reduce_on_plateau(monitor='val_loss')", "has no argument monitor; it watches the validation loss"),
        ("MLPClassifier(loss='mae')", "has no argument loss; the loss follows from the targets"),
        ("MLPClassifier(lr=0.1)", "has no argument lr; purenn calls it learning_rate_init=0.01"),
        ("MLPClassifier(max_fun=5)", 'has no argument max_fun; it limits "lbfgs", which purenn does not have; the num'),
        ("partial_fit(X, y)", "is missing 1 required keyword-only argument: 'optimizer'; the call is partial_fit(net"),
        ("partial_fit(network, X, y, epochs=3, optimizer=SGD())", "has no argument epochs; each call makes one step"),
        ("partial_fit(network, X, y, SGD())", "takes from 2 to 3 positional arguments but 4 were given; these go by n"),
        (
            "fit(network, X, y, 10)",
            "takes from 2 to 3 positional arguments but 4 were given; these go by name: loss=…,",
        ),
        ("Dropout(0.2, 0.3)", "takes 2 positional arguments but 3 were given"),
        ("evaluate(network, X, y, verbose=0)", "has no argument verbose; evaluate prints nothing: print"),
    ],
)
def test_a_call_as_in_another_library_is_explained(call: str, said: str) -> None:
    names: dict[str, object] = {}
    exec(NAMESPACE, names)
    with pytest.raises(TypeError, match=f"^{re.escape(call.partition('(')[0])}\\(\\) {re.escape(said)}") as caught:
        eval(call, names)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_an_error_within_an_explained_function_stays_as_it_is() -> None:
    def inner(rate: float) -> None: ...

    @foreign.explained("Dropout")
    def outer(rate: float) -> None:
        """Call another function without its argument."""
        methodcaller("__call__")(inner)

    assert (outer.__name__, *signature(outer).parameters) == ("outer", "rate")
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'rate'$"):
        outer(0.1)
    with pytest.raises(TypeError, match=r"^in_features must be a number, got 'a'$"):
        methodcaller("__call__", "a", 8)(purenn.Linear)


# The attributes of a Matrix, which are looked up all the time.


def test_answers_are_no_attributes_and_in_no_listing() -> None:
    m, answered = Matrix([[1.0]]), {*foreign.foreign_calls("Matrix")}
    assert [name for name in answered if hasattr(m, name) or hasattr(Matrix, name)] == []
    for listing in (dir(m), dir(Matrix)):
        assert {"rows", "take"} <= {*listing}
        assert answered & {*listing} == set()
    assert "argmax" not in pydoc.plain(pydoc.render_doc(Matrix))


def test_a_class_can_define_what_its_base_only_answers() -> None:
    class Own(Matrix):
        def sum(self) -> float:
            return sum(map(sum, self))

    assert Own([[1.0, 2.0]]).sum() == 3.0
    assert "sum" in dir(Own)
    with pytest.raises(AttributeError, match=r"^'Own' object has no attribute 'dot'; purenn calls it m @ n$"):
        attrgetter("dot")(Own([[1.0]]))


def test_no_getattr_slows_the_attributes_of_a_matrix_down() -> None:
    assert not hasattr(Matrix, "__getattr__")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("load_iris", '; purenn calls it datasets.load("iris")'), ("from_cvs", "; did you mean from_csv?"), ("xyzzy", "")],
)
def test_a_name_that_the_data_sets_do_not_have_is_answered(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"^datasets has no {name}{re.escape(hint)}$"):
        attrgetter(name)(purenn.datasets)
