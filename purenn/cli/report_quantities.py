"""The sections of a report on answers that are quantities: how far they are off, and the worst of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from statistics import median, pstdev

from purenn.charts import Section, agreement, beside, data_table, facts, figure, paragraphs, residuals
from purenn.cli.evaluation import Evaluation
from purenn.cli.output import amount
from purenn.cli.own_data import Tested
from purenn.cli.report_subject import INTERVAL, SEEN, SMALL, Subject
from purenn.drawing import answers

__all__ = ["QuantitiesReport"]

WORST = 10  # predictions that are shown
LONGEST = 24  # characters of a name at an axis


@dataclass(frozen=True)
class QuantitiesReport:
    """A report on the answers of a network that predicts quantities."""

    subject: Subject
    tested: Tested
    found: Evaluation

    # Facts.

    @cached_property
    def sizes(self) -> list[float]:
        """How far each prediction is off."""
        return [abs(p - t) for t, p in self.found.pairs]

    @cached_property
    def worst(self) -> list[int]:
        """The places of the predictions that are farthest off, the worst first."""
        return sorted(range(len(self.sizes)), key=lambda i: (-self.sizes[i], i))[:WORST]

    def _amount(self, value: float) -> str:
        return amount(value, unit=self.subject.unit)

    @property
    def _target(self) -> str:
        """The name of the quantity, short enough for an axis."""
        name = self.subject.schema.target if self.subject.schema else "value"
        name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        return f"{name} ({self.subject.unit})" if self.subject.unit else name

    # Sections.

    @property
    def headline(self) -> str:
        """The figure that matters most."""
        return f"off by {self._amount(self.found.errors['mean_absolute_error'])}"

    def result(self) -> Section:
        """Return the mean error with its uncertainty, and figures to compare it with."""
        errors, n, true = self.found.errors, len(self.sizes), [t for t, _ in self.found.pairs]
        mean, middle = errors["mean_absolute_error"], sum(true) / n
        half = 1.96 * pstdev(self.sizes) / sqrt(max(n - 1, 1))
        interval = ("95\u00a0% interval", f"{self._amount(max(mean - half, 0.0))} to {self._amount(mean + half)}")
        told = [
            *([] if self.tested.seen else [interval]),
            ("Half of the predictions are off by less than", self._amount(median(self.sizes))),
            ("Always predicting the average is off by", self._amount(sum(abs(t - middle) for t in true) / n)),
            ("Root mean squared error", self._amount(errors["root_mean_squared_error"])),
            ("R², the explained part of the variance", f"{errors['r2']:.4f}"),
            ("Loss", f"{self.found.loss:.4f}"),
        ]
        doubt = SEEN if self.tested.seen else INTERVAL
        what = f"is how far a prediction is off on average, for {self.tested.what}: the mean absolute error."
        headline = paragraphs(self._amount(mean), class_="headline")
        return Section("result", "Result", [*headline, *paragraphs(what), facts(told), *paragraphs(doubt)])

    def closely(self) -> list[Section]:
        """Return the sections that look at the predictions closely."""
        return [section for section in (self.answers(), self.agreement(), self.worst_predictions()) if section]

    def answers(self) -> Section | None:
        """Return the predictions over one or two inputs; None if there are more."""
        samples = self.tested.samples
        if samples.inputs.columns > 2 or len(samples) < 2 or (samples.inputs.columns, samples.targets.columns) > (2, 1):
            return None
        picture = answers(self.subject.saved.network, samples)
        return Section("answers", "Predictions", [figure(picture, f"The dots are {self.tested.what}.")])

    def agreement(self) -> Section:
        """Return the predictions beside the true values, and the errors."""
        actual, predicted = zip(*self.found.pairs)
        charts = [
            figure(draw(actual, predicted, marked=self.worst, name=self._target, width=SMALL))
            for draw in (agreement, residuals)
        ]
        told = "A prediction on the dashed line is right. The rings are the worst predictions, which are listed below."
        chance = (
            "Errors without a pattern are chance. A bend shows that the network has missed something, and a fan that"
        )
        chance += " the quantity is less certain on its wide side."
        return Section("agreement", "Predicted against true", [beside(*charts), *paragraphs(told, chance)])

    def worst_predictions(self) -> Section:
        """Return the predictions that are farthest off, with their inputs if these are few."""
        columns = self.found.targets.columns
        unit = f" ({self.subject.unit})" if self.subject.unit else ""
        rows = [["sample", *self.subject.columns, f"true{unit}", f"predicted{unit}", "off by"]]
        for place in self.worst:
            (i, column), (t, p) = divmod(place, columns), self.found.pairs[place]
            name = self.subject.sample(i) + (f", value {column}" if columns > 1 else "")
            rows.append([name, *self.subject.inputs(i), amount(t), amount(p), amount(p - t)])
        table = data_table(f"The {len(self.worst)} predictions that are farthest off", rows)
        return Section("worst", "Worst predictions", [table])

    def limits(self) -> list[str]:
        """Return what the figures do not say."""
        return ["An error on average says little about a single prediction: see the largest ones above."]
