"""The sections of a report that tell of the network and its training: what was trained on what, the course of it, the
weights of the first layer, what looked wrong, and how to do it again."""

from __future__ import annotations

from math import isfinite

from purenn.charts import Section, beside, curves, data_table, facts, figure, listing, paragraphs, preformatted
from purenn.cli.report_subject import SMALL, Subject
from purenn.drawing import first_weights
from purenn.errors import listed

__all__ = ["about_course", "about_findings", "about_network", "about_repeating", "about_weights", "in_a_sentence"]

NOTHING_KNOWN = (
    "The file does not tell how the network was trained: it was saved by a program, or by an earlier version of train."
)
STANDARDIZED = "The losses are those of targets in standard deviations from their mean, as they were trained on."


def in_a_sentence(subject: Subject) -> str:
    """Return in a sentence what the network is and does."""
    network = subject.saved.network
    count = sum(p.rows * p.columns for p in network.parameters)
    what = f"A network of {count:,} parameters that"
    names = subject.found.classes if subject.found else network.classes
    if names:
        return f"{what} tells {len(names)} classes apart: {listed(names)}."
    target = subject.schema.target if subject.schema else "a quantity"
    return f"{what} predicts {target}{f', in {subject.unit}' if subject.unit else ''}."


def about_network(subject: Subject) -> Section:
    """Return what was trained on what."""
    record, metadata, network = subject.record, subject.saved.metadata, subject.saved.network
    schema, shape = subject.schema, network.picture_shape
    count = network.in_features
    inputs = f"pictures of {shape[0]} × {shape[1]} pixels" if shape else f"{count} number{'s' * (count > 1)}"
    told = [
        ("Data", subject.data),
        ("Samples", record.samples),
        ("Columns" if schema else "Inputs", schema.describe() if schema else inputs),
        ("Network", " → ".join(map(str, network.layers))),
        ("Loss function", str(subject.saved.loss)),
        ("Training", metadata.get("settings", "")),
        ("Ended", record.ended),
        ("Kept", f"the network after epoch {record.epoch}, the best in validation" if record.epoch else ""),
        ("Made by", metadata.get("made by", "")),
    ]
    colours = "Orange lines are positive weights, blue ones negative; the thicker, the larger."
    content = [
        facts([(name, text) for name, text in told if text], in_rows=True),
        *paragraphs("" if record.options is not None else NOTHING_KNOWN),
        figure(network.plot(), colours),
    ]
    return Section("network", "What was trained on what", content)


def about_course(subject: Subject) -> Section | None:
    """Return the curves of the training; None if the file does not have them."""
    record = subject.record
    if not record.history:
        return None
    numbers = [epoch.number for epoch in record.history.epochs]
    kept = numbers.index(record.epoch) if record.epoch in numbers else None
    charts: list[str] = []
    for title, series in zip(("Loss", "Accuracy"), record.history.curves):
        known = {name: figures for name, figures in series.items() if any(map(isfinite, figures))}
        if known:
            log = None if title == "Loss" else False
            chart = curves(known, title=title, log=log, marked=kept, steps=numbers, width=SMALL)
            charts.append(figure(chart))
    judged = "its accuracy and, among equals, its loss" if len(charts) > 1 else "its loss"
    ring = f"The ring is at epoch {record.epoch}, the best in validation by {judged}: its network was kept."
    lag = "Figures of training are averages over an epoch, taken while the network learns, so they lag behind."
    units = STANDARDIZED if subject.schema and not subject.schema.classes else ""
    return Section("course", "The course of the training", [beside(*charts), *paragraphs(ring, lag, units)])


def about_weights(subject: Subject) -> Section | None:
    """Return the weights of the first layer as pictures; None for a network that takes no pictures."""
    picture = first_weights(subject.saved.network)
    if picture is None:
        return None
    what = "Each picture is a unit: it is the more active, the more ink there is where it is orange, and the less where"
    return Section("weights", "What the first layer looks for", [figure(picture, f"{what} it is blue.")])


def about_findings(subject: Subject) -> Section | None:
    """Return what looked wrong in the training; None if the file does not tell of it."""
    record = subject.record
    if record.options is None:
        return None
    told = [f"{finding[:1].upper()}{finding[1:]}." for finding in record.findings]
    content = [listing(told)] if told else []
    if not record.ended:
        content += paragraphs("The training was interrupted, or broke off: nothing was looked for at its end.")
    elif not told:
        what = "Nothing looked wrong: the training did not diverge, it did better than always giving the same answer"
        content += paragraphs(f"{what}, and the curves of training and validation did not part.")
    return Section("findings", "What looked wrong", content)


def about_repeating(subject: Subject) -> Section:
    """Return the commands that train the network again, test it and make this report, and all settings."""
    train = subject.training_command()
    lines = [*([train] if train else []), subject.command("evaluate"), subject.command("report")]
    same = "The same versions of Python and purenn make the same network of the same data, to the last bit."
    details = [["setting", "value"]]
    details += [[name.replace("_", " "), v] for name, v in subject.record.details.items() if v != "None"]
    content = [
        preformatted(lines),
        *paragraphs(same if train else ""),
        *([data_table("All that its result depends on", details, of_words=True)] if len(details) > 1 else []),
    ]
    return Section("repeat", "How to repeat it", content)
