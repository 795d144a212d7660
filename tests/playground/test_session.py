"""Sessions: a command in, frames out, and nothing changed by a wrong command."""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from io import BytesIO
from random import Random

import pytest

from purenn.activations import Elementwise, register as register_activation
from purenn.formats import JsonObject
from purenn.history import History
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD, register as register_optimizer
from purenn.playground import Session
from purenn.playground.settings import Settings
from tests.conftest import Clock, numbers
from tests.playground.helpers import do, fields, frame, items, numbers_in, text_of

STATE = ["epoch", "batch", "playing", "loss", "test_loss", "accuracy", "test_accuracy", "history", "weights", "biases"]


def weights(session: Session) -> list[float]:
    """The numbers of the network."""
    return numbers(session.world.run.network)


def everything(session: Session) -> object:
    """All that a wrong command must not change."""
    return session.world.past(), session.world.points, session.playing, session.hidden


# Showing and training.


def test_a_session_opens_with_everything_that_a_page_needs() -> None:
    frames = do(Session(), "open")
    assert [*frames] == ["options", "settings", "data", "state"]
    assert [name for name in STATE if name not in frames["state"]] == []
    kinds = {text_of(kind, "name"): kind for kind in map(fields, items(frames["options"]["data"]))}
    moons = {name: value for name, value in kinds["moons"].items() if name != "points"}
    assert moons == {"name": "moons", "task": "classification", "classes": 2, "features": 2, "noise": 0.1}
    assert all(len(items(kind["points"])) == 48 for kind in kinds.values())  # a small picture of each
    assert fields(frames["options"]["limits"])["points"] == 2000
    assert "boundary" in items(frames["options"]["pictures"])
    assert fields(frames["options"]["usual"]) == fields(Settings().to_json())


def test_a_session_opens_with_the_settings_in_the_address_of_a_page() -> None:
    session = Session()
    do(session, "set", settings={"seed": 2})
    frames = do(session, "open", settings={"data": {"name": "spirals"}, "layers": [{"units": 8}]})
    assert fields(frames["settings"]["data"])["name"] == "spirals"
    assert frames["state"]["undo"] == 0
    assert "error" in do(session, "open", settings={"data": {"name": "spiral"}})
    assert session.world.settings.data.name == "spirals"


def test_a_state_tells_how_much_can_be_undone_and_done_again() -> None:
    session = Session()
    states = [frame(session, name) for name in ("open", "reset", "undo", "redo")]
    assert [(state["undo"], state["redo"]) for state in states] == [(0, 0), (1, 0), (0, 1), (1, 0)]


def test_data_tell_whether_their_points_were_changed_by_hand() -> None:
    session = Session()
    assert do(session, "open")["data"]["by_hand"] is False
    assert do(session, "add", x1=0.0, x2=0.0, target=1)["data"]["by_hand"] is True


def test_steps_and_epochs_train() -> None:
    session = Session()
    assert (frame(session, "step")["batch"], frame(session, "step")["batch"]) == (1, 2)
    assert (frame(session, "epoch")["epoch"], frame(session, "epoch")["epoch"]) == (1, 2)
    assert frame(session, "epoch")["batch"] == 0


def test_the_same_seed_gives_the_same_session() -> None:
    sessions = [Session(seed=4), Session(seed=4), Session(seed=5)]
    first, second, other = (frame(session, "epoch")["loss"] for session in sessions)
    assert first == second != other


def test_xor_is_learned_by_playing() -> None:
    session = Session()
    do(session, "set", settings={"optimizer": {"learning_rate": 0.5}})
    do(session, "play")
    for _ in range(30):
        state = frame(session, "tick")
    assert (state["epoch"], state["accuracy"]) == (300, 1.0)


def test_a_tick_ends_with_its_time_but_learns_at_least_one_batch() -> None:
    clock = Clock(tick=0.01)
    session = Session(clock=clock)
    do(session, "set", settings={"speed": 1000})
    do(session, "play")
    assert frame(session, "tick", seconds=0)["batch"] == 1
    state = frame(session, "tick", seconds=0.055)
    assert numbers_in([state["epoch"], state["batch"]]) == [2, 0]  # five more, and three are an epoch


def test_speed_is_the_most_epochs_of_a_tick() -> None:
    session = Session(clock=Clock())
    do(session, "set", settings={"speed": 3})
    do(session, "play")
    assert frame(session, "tick", seconds=1)["epoch"] == 3


def test_what_is_paused_or_hidden_does_nothing() -> None:
    session = Session()
    assert session.do({"do": "tick"}) == []
    do(session, "play")
    assert session.do({"do": "hide"}) == []
    assert session.do({"do": "tick"}) == []
    assert weights(session) == weights(Session())
    do(session, "show")
    assert frame(session, "tick")["epoch"] == 10
    assert do(session, "pause")["state"]["playing"] is False
    assert session.do({"do": "tick"}) == []


def test_playing_stops_at_the_target_loss() -> None:
    session = Session()
    do(session, "set", settings={"stop_at": 0.3, "optimizer": {"learning_rate": 0.5}, "speed": 1000})
    do(session, "play")
    state = frame(session, "tick")
    assert state["playing"] is False
    losses = [numbers_in(row)[2] for row in items(state["history"])]
    assert losses[-1] <= 0.3 < min(losses[:-1])


def test_a_training_that_diverges_stops_playing_and_says_why() -> None:
    session = Session()
    do(session, "set", settings={"optimizer": {"learning_rate": 1e6}, "loss": "MeanSquaredError", "layers": []})
    do(session, "play")
    for _ in range(20):
        frames = do(session, "tick")
        if not session.playing:
            break
    assert frames["state"]["playing"] is False
    assert "try a lower learning rate" in text_of(frames["state"], "finding")
    assert do(session, "play")["state"]["playing"] is False


def test_a_rival_trains_beside() -> None:
    session = Session()
    do(session, "set", settings={"rival": {"optimizer": {"name": "adam", "learning_rate": 0.05}}})
    state = frame(session, "epoch")
    rival = fields(state["rival"])
    assert len(items(rival["history"])) == len(items(state["history"])) == 1
    assert rival["history"] != state["history"]


def test_what_is_registered_appears_and_works() -> None:
    register_activation(Elementwise("wave", math.sin, math.cos, steepest=1.0))

    @register_optimizer
    class Slower(SGD):
        """Gradient descent with half of the rate."""

        def __init__(self, learning_rate: float = 0.25) -> None:
            super().__init__(learning_rate / 2.0)

    session = Session()
    found = do(session, "open")["options"]
    assert "wave" in items(found["activations"])
    assert [fields(o)["name"] for o in items(found["optimizers"])][-1] == "slower"
    do(session, "set", settings={"layers": [{"activation": "wave"}], "optimizer": {"name": "slower"}})
    first, *_, last = (frame(session, "epoch")["loss"] for _ in range(30))
    assert numbers_in([last]) < numbers_in([first])
    assert isinstance(session.world.run.engine.optimizer, Slower)
    assert "Activation('wave')" in str(session.world.run.network)


# Changes, and back.


def test_another_network_begins_again_paused_and_another_rate_goes_on() -> None:
    session = Session()
    do(session, "play")
    do(session, "tick")
    frames = do(session, "set", settings={"optimizer": {"learning_rate": 0.2}})
    assert ([*frames], frames["state"]["restart"], session.playing) == (["settings", "state"], False, True)
    frames = do(session, "set", settings={"layers": [{"units": 8}]})
    assert [*frames] == ["settings", "data", "state"]
    assert (frames["state"]["epoch"], frames["state"]["restart"], session.playing) == (0, True, False)


def test_reset_returns_to_the_first_weights_and_undo_to_the_training() -> None:
    session = Session()
    do(session, "epoch")
    after = weights(session)
    assert frame(session, "reset")["epoch"] == 0
    assert weights(session) == weights(Session())
    state = frame(session, "undo")
    assert (state["epoch"], state["restart"], len(items(state["history"]))) == (1, True, 1)
    assert weights(session) == after
    frame(session, "redo")
    assert weights(session) == weights(Session())


def test_a_weight_and_a_bias_are_typed_by_hand_and_undone() -> None:
    session = Session()
    do(session, "epoch")
    before = weights(session)
    state = frame(session, "weight", layer=1, row=2, column=3, value=-4.5)
    assert numbers_in(items(state["weights"])[1])[2 * 4 + 3] == -4.5
    state = frame(session, "bias", layer=2, unit=0, value=7)
    assert numbers_in(items(state["biases"])[2]) == [7.0]
    do(session, "undo")
    do(session, "undo")
    assert weights(session) == before
    do(session, "redo")
    assert session.world.linear()[1].weight[2, 3] == -4.5
    do(session, "step")  # training goes on with them


def test_settings_and_data_are_undone_with_the_training_there_was() -> None:
    session = Session()
    do(session, "epoch")
    before, points = weights(session), session.world.points
    do(session, "set", settings={"data": {"name": "blobs"}})
    do(session, "set", settings={"batch_size": 3})
    do(session, "add", x1=0.5, x2=0.5, target=2)
    for _ in range(3):
        do(session, "undo")
    assert (weights(session), session.world.points) == (before, points)
    for _ in range(3):
        do(session, "redo")
    assert (session.world.settings.batch_size, len(session.world.points)) == (3, 61)
    assert "nothing to redo" in text_of(frame(session, "redo"), "message")


def test_a_new_change_ends_what_can_be_done_again_and_the_past_is_bounded() -> None:
    session = Session()
    do(session, "set", settings={"seed": 2})
    do(session, "undo")
    do(session, "set", settings={"seed": 3})
    assert "nothing to redo" in text_of(frame(session, "redo"), "message")
    for n in range(60):
        do(session, "bias", layer=0, unit=0, value=n)
    undone = 0
    while "state" in do(session, "undo"):
        undone += 1
    assert undone == 50


def test_points_are_added_moved_and_removed_while_the_network_goes_on() -> None:
    session = Session()
    do(session, "epoch")
    before = weights(session)
    frames = do(session, "add", x1=3.0, x2=-2.0, target=1, part="test")
    assert items(frames["data"]["points"])[-1] == [3.0, -2.0, 1.0, "test"]
    frames = do(session, "move", index=60, x1=2.5)
    assert items(frames["data"]["points"])[-1] == [2.5, -2.0, 1.0, "test"]
    assert len(items(do(session, "remove", index=0)["data"]["points"])) == 60
    assert weights(session) == before
    assert frame(session, "epoch")["epoch"] == 2


def test_a_drag_is_undone_at_once() -> None:
    session = Session()
    first = session.world.points[0]
    for x in (0.1, 0.2, 0.3):
        do(session, "move", index=0, x1=x)
    do(session, "move", index=1, x1=0.4)
    do(session, "undo")
    assert session.world.points[0].x1 == 0.3
    do(session, "undo")
    assert session.world.points[0] == first


def test_a_point_of_a_regression_is_moved_by_its_target() -> None:
    session = Session()
    do(session, "set", settings={"data": {"name": "sine"}})
    found = do(session, "move", index=2, x1=1.0, x2=5.0, target=0.25)["data"]
    assert items(found["points"])[2] == [1.0, 0.0, 0.25, "train"]


def test_a_table_is_pasted() -> None:
    session = Session()
    rng = Random(0)
    rows = [f"{rng.gauss(0, 1):.3f};{rng.gauss(0, 1):.3f};{'left' if i % 2 else 'right'}" for i in range(40)]
    frames = do(session, "csv", text="\n".join(["width;height;side", *rows]), target="side")
    assert [*frames] == ["settings", "data", "state"]
    assert (frames["data"]["classes"], frames["data"]["inputs"]) == (["left", "right"], ["width", "height"])
    assert frames["data"]["note"] == "side is predicted"
    assert frame(session, "epoch")["accuracy"] is not None
    again = Session()  # as a page does it that is opened with the settings in its address
    shown = {name: value for name, value in frames["settings"].items() if name != "frame"}
    do(again, "set", settings=shown)
    assert again.world.points == session.world.points


def test_a_pasted_table_sets_back_what_does_not_suit_it() -> None:
    session = Session()
    do(session, "set", settings={"loss": "CrossEntropy", "features": ["x2", "x1*x2"]})
    frames = do(session, "csv", text="x,y\n1,2.5\n2,3.5\n3,1.25\n")
    assert (frames["settings"]["loss"], frames["settings"]["features"]) == ("auto", ["x1"])
    assert frames["data"]["task"] == "regression"


# One sample, files and pictures.


def test_a_sample_is_shown_and_learned() -> None:
    session = Session()
    shown = frame(session, "sample", index=3)
    before = weights(session)
    state = frame(session, "learn", index=3)
    updates = [value for change in items(shown["updates"]) for value in numbers_in(change)]
    assert weights(session) == pytest.approx([w + u for w, u in zip(before, updates)])
    assert state["epoch"] == 0
    do(session, "undo")
    assert weights(session) == before
    assert "point 59 is one to test on" in text_of(frame(session, "learn", index=59), "message")
    assert frame(session, "sample", index=59)["frame"] == "sample"


def test_the_landscape_is_as_large_as_asked_for() -> None:
    session = Session()
    do(session, "epoch")
    found = frame(session, "landscape", size=7)
    assert [len(items(row)) for row in items(found["losses"])] == [7] * 7
    assert len(items(found["path"])) == 1  # it takes a longer path to have a direction
    assert "size is 100, expected a whole number from 5 to 41" in text_of(
        frame(session, "landscape", size=100), "message"
    )


def test_a_model_is_saved_and_loaded_with_its_settings() -> None:
    session = Session()
    do(session, "set", settings={"data": {"name": "moons"}, "layers": [{"activation": "prelu"}]})
    do(session, "epoch")
    file = frame(session, "model")
    assert file["name"] == "playground.safetensors"
    network = Sequential.load(BytesIO(b64decode(text_of(file, "base64"))))
    assert numbers(network) == weights(session)
    other = Session()
    frames = do(other, "load", base64=file["base64"])
    assert [*frames] == ["settings", "data", "state"]
    assert (weights(other), other.world.settings) == (weights(session), session.world.settings)
    do(other, "undo")
    assert weights(other) == weights(Session())


def test_a_model_from_elsewhere_is_loaded_if_it_is_the_same_network() -> None:
    session, file = Session(), BytesIO()
    network = feed_forward([2, 4, 4, 1], 77, hidden="tanh")
    network.save(file)
    do(session, "load", base64=b64encode(file.getvalue()).decode())
    assert weights(session) == numbers(network)


def test_the_program_the_history_and_the_pictures_are_there() -> None:
    session = Session()
    do(session, "epoch")
    assert "epochs=1," in text_of(frame(session, "program"), "text")
    found = frame(session, "history")
    assert (found["name"], found["text"]) == ("history.csv", History(session.world.run.epochs).to_csv())
    found = frame(session, "picture", name="boundary")
    assert (found["name"], text_of(found, "text")[:4]) == ("boundary.svg", "<svg")


# Wrong commands.

WRONG: list[tuple[dict[str, object], str]] = [
    ({}, "do is None, expected one of open, set"),
    ({"do": "sett"}, r"do is 'sett', expected one of .*did you mean set\?"),
    ({"do": ["set"]}, "do is"),
    ({"do": "step", "speed": 3}, "step: unknown 'speed', expected only do"),
    ({"do": "set"}, "settings is None, expected an object"),
    ({"do": "set", "settings": {"data": {"name": "moons"}, "seed": -1}}, "seed is -1"),
    ({"do": "set", "settings": {"layers": [{"units": 10**9}]}}, r"layers\[0\].units is 1000000000"),
    ({"do": "tick", "seconds": 3600}, "seconds is 3600, expected a number from 0 to 1"),
    ({"do": "weight", "layer": 3, "row": 0, "column": 0, "value": 1}, "layer is 3, expected .* from 0 to 2"),
    ({"do": "weight", "layer": 0, "row": 2, "column": 0, "value": 1}, "row is 2, expected .* from 0 to 1"),
    ({"do": "weight", "layer": 0, "row": 0, "column": -1, "value": 1}, "column is -1"),
    ({"do": "weight", "layer": 0, "row": 0, "column": 0, "value": math.nan}, "value is nan"),
    ({"do": "weight", "layer": 0, "row": 0, "column": 0, "value": "1"}, "value is '1', expected a number"),
    ({"do": "bias", "layer": 0, "unit": 4, "value": 1}, "unit is 4"),
    ({"do": "bias", "layer": 0, "unit": 0, "value": 1e300}, "value is 1e\\+300"),
    ({"do": "add", "x1": "1"}, "x1 is '1', expected a number"),
    ({"do": "add", "x1": math.inf, "x2": 0, "target": 0}, "x1 is inf"),
    ({"do": "add", "x1": 0, "x2": 0, "target": 2}, "target is 2, expected a whole number from 0 to 1"),
    ({"do": "add", "x1": 0, "x2": 0, "target": 0, "part": "both"}, "part is 'both', expected one of train, test"),
    ({"do": "move", "index": 60, "x1": 0}, "index is 60, expected a whole number from 0 to 59"),
    ({"do": "remove"}, "index is None"),
    ({"do": "csv", "text": "x" * 200_001}, "text has 200,001 characters, expected at most 200,000"),
    ({"do": "csv", "text": "a,b\n1\n"}, "the table"),
    ({"do": "csv", "text": ""}, "the table: there is nothing in it"),
    ({"do": "sample", "index": 1.5}, "index is 1.5"),
    ({"do": "learn", "index": -1}, "index is -1"),
    ({"do": "undo"}, "there is nothing to undo"),
    ({"do": "redo"}, "there is nothing to redo"),
    ({"do": "load", "base64": "AAAA"}, "the model: "),
    ({"do": "load", "base64": "not base 64"}, "base64"),
    ({"do": "load", "base64": "A" * 1_000_001}, "base64 has 1,000,001 characters"),
    ({"do": "picture", "name": "../../etc/passwd"}, "name is '../../etc/passwd', expected one of boundary"),
    ({"do": "set", "settings": {"data": object()}}, "this is no JSON"),
]


@pytest.mark.parametrize(("command", "message"), WRONG)
def test_a_wrong_command_is_answered_with_what_was_expected_and_changes_nothing(
    command: dict[str, object], message: str
) -> None:
    session = Session()
    do(session, "step")
    before = everything(session)
    (answer,) = session.do(command)
    assert answer["frame"] == "error"
    assert answer["command"] in ("", command.get("do"))
    with pytest.raises(ValueError, match=message):
        raise ValueError(answer["message"])
    assert everything(session) == before
    assert len(json.dumps(answer)) < 2000


def test_random_commands_never_break_a_session() -> None:
    rng, session = Random(1), Session()
    values: list[object] = [
        None,
        True,
        -1,
        0,
        1,
        2.5,
        1e308,
        math.nan,
        math.inf,
        "",
        "relu",
        [],
        [[]],
        {},
        {"name": "xor"},
    ]
    names = [
        "index",
        "x1",
        "x2",
        "target",
        "part",
        "layer",
        "row",
        "column",
        "unit",
        "value",
        "size",
        "settings",
        "name",
    ]
    for _ in range(1000):
        command: dict[str, object] = {name: rng.choice(values) for name in rng.sample(names, rng.randrange(5))}
        if isinstance(command.get("settings"), dict):
            choices = ["data", "features", "layers", "loss", "optimizer", "batch_size", "rival", "l1", "schedule"]
            command["settings"] = {name: rng.choice(values) for name in rng.sample(choices, 2)}
        for found in session.do({"do": rng.choice([*session.commands]), **command}):
            json.dumps(found, allow_nan=False)
    assert frame(session, "open")["frame"] == "state"


def test_a_frame_is_json_all_through() -> None:
    session = Session()
    for name in ("open", "epoch", "data", "landscape", "program", "model", "history"):
        for found in session.do({"do": name}):
            assert isinstance(fields(found), JsonObject)
