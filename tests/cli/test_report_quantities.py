"""The sections of a report on quantities: the errors of `evaluate`, and the worst predictions."""

from __future__ import annotations

from pathlib import Path

from purenn import datasets
from purenn.cli import main
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from purenn.samples import Samples
from tests.charts.pages import Page
from tests.cli.conftest import Captured, json_lines, linear_network, number, trained
from tests.cli.reports import reported

WORST = "The 10 predictions that are farthest off"


def fifty_plus_200(capsys: Captured) -> Page:
    """Return the report on the function that house prices were made with: all its errors are noise."""
    linear_network([[200.0]], bias=50.0, loss=MeanSquaredError()).save("m", {"dataset": "house-prices"})
    return reported(capsys, "m")


def test_the_figures_are_those_of_evaluate(empty: Path, capsys: Captured) -> None:
    page = fifty_plus_200(capsys)
    assert main(["evaluate", "m", "--json"]) == 0
    (line,) = json_lines(capsys)
    assert page.one("p", "headline").text == f"{number(line, 'mean_absolute_error'):.4g} thousand dollars"
    facts = page.facts()
    assert facts["R², the explained part of the variance"] == f"{number(line, 'r2'):.4f}"
    assert facts["Root mean squared error"] == f"{number(line, 'root_mean_squared_error'):.4g} thousand dollars"
    assert facts["Loss"] == f"{number(line, 'loss'):.4f}"
    assert page.title == f"m: off by {page.one('p', 'headline').text}"


def test_the_worst_predictions_are_listed_with_their_errors(empty: Path, capsys: Captured) -> None:
    heading, *rows = fifty_plus_200(capsys).table(WORST)
    assert heading == ["sample", "input 1", "true (thousand dollars)", "predicted (thousand dollars)", "off by"]
    x, y = datasets.load("house-prices").test.take(range(50))
    errors = [50.0 + 200.0 * a - t for (a,), (t,) in zip(x, y)]
    worst = sorted(range(50), key=lambda i: -abs(errors[i]))[:10]
    assert [row[0] for row in rows] == [f"sample {i}" for i in worst]
    assert [row[-1] for row in rows] == [f"{errors[i]:.4g}" for i in worst]


def test_the_average_is_a_comparison(empty: Path, capsys: Captured) -> None:
    facts = fifty_plus_200(capsys).facts()
    prices = [t for (t,) in datasets.load("house-prices").test.targets.take(range(50))]
    mean = sum(prices) / 50
    off = sum(abs(t - mean) for t in prices) / 50
    assert facts["Always predicting the average is off by"] == f"{off:.4g} thousand dollars"


def test_the_interval_is_that_of_a_mean(empty: Path, capsys: Captured) -> None:
    Path("rows.csv").write_text("x,y\n" + "".join(f"{x},{x}\n" for x in range(1, 41)), encoding="utf-8")
    trained(capsys, "rows.csv", "--task", "quantities", "--epochs", "1", "--out", "m")
    facts = reported(capsys, "m").facts()
    low, _, high = facts["95 % interval"].partition(" to ")
    middle = reported(capsys, "m").one("p", "headline").text
    assert float(low) < float(middle) < float(high)
    assert abs((float(low) + float(high)) / 2.0 - float(middle)) < 0.01


def test_predictions_are_drawn_beside_the_truth_and_over_one_feature(empty: Path, capsys: Captured) -> None:
    page = fifty_plus_200(capsys)
    names = [element.text for element in page.all("title") if "svg" in element.around]
    assert names[1:] == ["Predictions", "Predicted against true", "Errors"]


def test_rows_of_a_table_are_named_by_their_lines_and_the_target_by_its_column(empty: Path, capsys: Captured) -> None:
    rows = "".join(f"{x},{'Ulm' if x % 3 else 'Bonn'},€{10 * x}\n" for x in range(1, 61))
    Path("rents.csv").write_text(f"area,town,a rent with a name that is far too long\n{rows}", encoding="utf-8")
    trained(capsys, "rents.csv", "--task", "quantities", "--epochs", "2", "--out", "m")
    page = reported(capsys, "m")
    heading, first, *_ = page.table(WORST)
    assert heading == ["sample", "area", "town", "true (€)", "predicted (€)", "off by"]
    assert first[0].startswith("line ")
    n = int(first[0].split()[1]) - 1
    assert first[1:4] == [str(n), "Ulm" if n % 3 else "Bonn", str(10 * n)]
    assert "true a rent with a name that… (€)" in [element.text for element in page.all("text")]


def test_several_quantities_of_a_sample_are_told_apart(empty: Path, capsys: Captured) -> None:
    half = Samples(Matrix([[0.5], [1.5], [2.5]]), Matrix([[1.5, 2.5], [2.5, 3.5], [7.5, 4.5]]))
    datasets.register("pairs")(lambda: (half, half))
    try:
        linear_network([[1.0], [1.0]], bias=1.0, loss=MeanSquaredError()).save("m", {"dataset": "pairs"})
        page = reported(capsys, "m")
    finally:
        datasets.DATASETS.remove("pairs")
    rows = page.table("The 6 predictions that are farthest off")
    assert rows[1] == ["sample 2, value 0", "2.5", "7.5", "3.5", "-4"]
    assert {row[0] for row in rows[1:]} == {f"sample {i}, value {k}" for i in range(3) for k in range(2)}
    assert page.said("The network was trained on these very samples")
