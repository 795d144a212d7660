"""The sections of a report on answers that are classes: how many are right, which classes are mistaken for which, and
the mistakes of which the network was most sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from purenn.charts import (
    Section,
    Thumbnail,
    data_table,
    facts,
    figure,
    listing,
    paragraphs,
    picture_address,
    thumbnails,
)
from purenn.cli.evaluation import Evaluation, class_rows
from purenn.cli.own_data import Tested
from purenn.cli.report_subject import INTERVAL, SEEN, Subject, percent
from purenn.drawing import answers
from purenn.matrix import Matrix
from purenn.metrics import class_scores, wilson_interval
from purenn.samples import Images

__all__ = ["ClassesReport"]

DRAWN = 62  # classes, at most, in the picture of a confusion matrix
ROWS = 100  # classes, at most, in the table of their figures
CONFUSIONS = 5  # in words
MISTAKES = 12  # that are shown
PIXELS = 400_000  # of all pictures of mistakes together
FEW = 30  # samples of a class, below which its figures are uncertain


@dataclass(frozen=True)
class ClassesReport:
    """A report on the answers of a network that tells classes apart."""

    subject: Subject
    tested: Tested
    found: Evaluation

    # Facts.

    @property
    def right(self) -> int:
        """The number of right answers."""
        return sum(a == p for a, p in zip(self.found.actual, self.found.answers))

    @cached_property
    def certainty(self) -> Matrix | None:
        """The probability of each class for each sample; None if the outputs are no probabilities."""
        try:
            return self.subject.saved.network.meaning.class_probabilities(self.found.outputs)
        except ValueError:
            return None

    @cached_property
    def surest_mistakes(self) -> list[int]:
        """The wrong answers by their samples, those first of which the network was most sure."""
        wrong = [i for i, (a, p) in enumerate(zip(self.found.actual, self.found.answers)) if a != p]
        return sorted(wrong, key=lambda i: (-self._sure(i, self.found.answers[i]), i))

    def _sure(self, i: int, label: int) -> float:
        """Return the probability of a class for a sample or, where there is none, its output."""
        if self.certainty is not None:
            return self.certainty[i][label]
        row = self.found.predicted[i]
        return row[label] if len(row) > 1 else row[0] if label else 1.0 - row[0]

    def _how_sure(self, i: int, label: int) -> str:
        sure = self._sure(i, label)
        return f"{sure:.3g}" if self.certainty is None else f"{100.0 * sure:.1f}\u00a0%"

    # Sections.

    @property
    def headline(self) -> str:
        """The figure that matters most."""
        return f"{percent(self.found.accuracy)} right"

    def result(self) -> Section:
        """Return the accuracy with its uncertainty, and a figure to compare it with."""
        count = len(self.found.actual)
        (commonest, times), *_ = Counter(self.found.actual).most_common()
        low, high = wilson_interval(self.right, count)
        interval = [] if self.tested.seen else [("95\u00a0% interval", f"{percent(low)} to {percent(high)}")]
        told = [
            *interval,
            ("Mistakes", f"{count - self.right:,} of {count:,}"),
            (f"Always answering {self.found.classes[commonest]}", f"{percent(times / count)} right"),
            ("Loss", f"{self.found.loss:.4f}"),
        ]
        doubt = SEEN if self.tested.seen else INTERVAL
        of = f"of {self.tested.what} {'is' if count == 1 else 'are'} answered right: {self.right:,} of {count:,}."
        headline = paragraphs(percent(self.found.accuracy), class_="headline")
        return Section("result", "Result", [*headline, *paragraphs(of), facts(told), *paragraphs(doubt)])

    def closely(self) -> list[Section]:
        """Return the sections that look at the answers closely."""
        sections = [self.boundary(), self.confusion(), self.by_class(), self.mistakes()]
        return [section for section in sections if section]

    def boundary(self) -> Section | None:
        """Return the answers over one or two features; None if there are more."""
        features = self.tested.samples.inputs.columns
        if features > 2 or len(self.tested.samples) < 2:
            return None
        picture = answers(self.subject.saved.network, self.tested.samples, mistakes=True)
        if features == 1:
            return Section("answers", "Answers over the input", [figure(picture, "The probability of each class.")])
        told = f"The dots are {self.tested.what}, in the colours of their classes"
        wrong = "those with a ring are answered wrong" if self.surest_mistakes else "none is answered wrong"
        sure = "The stronger a colour, the surer the network is of that class."
        return Section("answers", "Answers over both inputs", [figure(picture, f"{sure} {told}; {wrong}.")])

    def confusion(self) -> Section:
        """Return which classes are mistaken for which."""
        names, counts = self.found.classes, self.found.confusion
        pairs = [(counts[a][p], a, p) for a in range(len(names)) for p in range(len(names)) if a != p and counts[a][p]]
        commonest = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:CONFUSIONS]
        told = [
            f"{names[a]} was taken for {names[p]}: {n:,} of {sum(counts[a]):,} ({percent(n / sum(counts[a]))})"
            for n, a, p in commonest
        ]
        content: list[str] = []
        if len(names) <= DRAWN:
            content.append(figure(counts.plot(), "A row for each class, a column for each answer."))
        else:
            content += paragraphs(f"A confusion matrix of {len(names)} classes is too large to be drawn.")
        content += paragraphs("The most frequent mistakes:" if told else "No class was mistaken for another.")
        return Section("confusion", "Confusion matrix", [*content, *([listing(told, ordered=True)] if told else [])])

    def by_class(self) -> Section:
        """Return the figures of each class: of many, those of the ones that are told worst."""
        names, scores = self.found.classes, class_scores(self.found.confusion)
        heading, *rows = class_rows(self.found.confusion, names)
        worst = sorted(range(len(names)), key=lambda k: (scores[k].f1, k))
        shown = sorted(worst[:ROWS])
        weakest = worst[0]
        recall = f"a recall of {scores[weakest].recall:.4f} and a precision of {scores[weakest].precision:.4f}"
        told = f"The weakest class is {names[weakest]}, with {recall}." if scores[weakest].f1 < 1.0 else ""
        meaning = (
            "Precision: the part of the answers with this class that are right. Recall: the part of its samples that "
            "are answered right. F1: the harmonic mean of both."
        )
        caption = "Figures of each class" if len(shown) == len(rows) else f"Figures of the {ROWS} weakest classes"
        table = data_table(caption, [heading, *(rows[k] for k in shown)])
        return Section("classes", "Class by class", [table, *paragraphs(told, meaning)])

    def mistakes(self) -> Section:
        """Return the mistakes of which the network was most sure, with their pictures."""
        chosen, images = self.surest_mistakes[:MISTAKES], self.subject.images
        if not chosen:
            return Section("mistakes", "Most confident mistakes", paragraphs("There was no mistake."))
        enough = PIXELS // images.columns if images else 0
        shown = self._pictures(images, chosen[:enough]) if images and enough else self._table(chosen)
        count = len(self.surest_mistakes)
        part = (
            f"Of {count:,} mistakes, the {len(chosen)}" if count > len(chosen) else f"All {count} mistakes, those first"
        )
        look = f"To see one in a terminal: {self.subject.command('predict', '--index', chosen[0])}"
        below = paragraphs(self._trust(), "" if self.subject.named else look)
        first = paragraphs(f"{part} of which the network was most sure.")
        return Section("mistakes", "Most confident mistakes", [*first, shown, *below])

    def _pictures(self, images: Images, chosen: Sequence[int]) -> str:
        """Return mistakes as pictures, with the answer, the truth and the number of each."""
        names, found = self.found.classes, self.found
        return thumbnails(
            Thumbnail(
                picture_address(images.picture(i), images.width),
                f"Test sample {i}, which is {names[found.actual[i]]} and was taken for {names[found.answers[i]]}",
                [
                    f"answer {names[found.answers[i]]}, {self._how_sure(i, found.answers[i])}",
                    f"is {names[found.actual[i]]}, {self._how_sure(i, found.actual[i])}",
                    self.subject.sample(i),
                ],
            )
            for i in chosen
        )

    def _table(self, chosen: Sequence[int]) -> str:
        """Return mistakes as a table, with their inputs if these are few."""
        names, found = self.found.classes, self.found
        sure = "probability" if self.certainty is not None else "output"
        rows = [["sample", *self.subject.columns, "is", "answer", sure, "of the truth"]]
        for i in chosen:
            actual, answer = found.actual[i], found.answers[i]
            labels = [names[actual], names[answer], self._how_sure(i, answer), self._how_sure(i, actual)]
            rows.append([self.subject.sample(i), *self.subject.inputs(i), *labels])
        return data_table("Answers that are wrong", rows)

    def _trust(self) -> str:
        """Return how far the probabilities can be trusted, an empty string if there are none."""
        if self.certainty is None:
            return ""
        tops = [self._sure(i, answer) for i, answer in enumerate(self.found.answers)]
        sure, right = percent(sum(tops) / len(tops)), percent(self.found.accuracy)
        told = f"On average, the network gave its answers a probability of {sure}, and {right} of them are right."
        return f"{told} A probability is what it claims, and not what was measured."

    def limits(self) -> list[str]:
        """Return what the figures do not say."""
        if self.tested.seen:
            return []
        told = ["The interval knows the chance by which the test samples were drawn, and nothing else."]
        few = sum(1 for row in self.found.confusion if sum(row) < FEW)
        if few:
            have = "One class has" if few == 1 else f"{few} classes have"
            told.append(f"{have} fewer than {FEW} test samples: their figures are uncertain.")
        return told
