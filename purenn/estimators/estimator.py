"""An estimator as scikit-learn's tools know one: its tags, the metadata that it asks for, its box in a notebook.

Parts of scikit-learn are looked up only in a program that has loaded it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import signature
from typing import TypeVar, Union

from purenn.estimators.parameters import Parameters

__all__ = ["Estimator", "Request"]

Me = TypeVar("Me", bound="Estimator")
Request = Union[bool, str, None]

ROUTED = ("fit", "partial_fit", "score")  # the methods that take more than X and y


class Estimator(Parameters):
    """The arguments, with the methods by which scikit-learn asks for more.

    With `sklearn.set_config(enable_metadata_routing=True)`, pipelines and searches hand on only the metadata that their
    estimators have asked for, as in `MLPClassifier().set_fit_request(sample_weight=True)`: True asks for it, False does
    not want it, a text asks for it under that name, and None is an error if it is passed.
    """

    _estimator_type: str  # "classifier" or "regressor"; scikit-learn before 1.6 reads it
    _metadata_request: object  # only if one was set; scikit-learn's `clone` copies it

    def __sklearn_tags__(self) -> object:
        """Return the tags that scikit-learn reads from version 1.6 on. Only scikit-learn calls this, so it is there."""
        utils = import_module("sklearn.utils")
        classifies = self._estimator_type == "classifier"
        tags: object = utils.Tags(
            estimator_type=self._estimator_type,
            target_tags=utils.TargetTags(required=True, multi_output=not classifies),
            classifier_tags=utils.ClassifierTags(multi_label=True) if classifies else None,
            regressor_tags=None if classifies else utils.RegressorTags(),
            input_tags=utils.InputTags(sparse=True),
        )
        return tags

    # Metadata routing, which scikit-learn has had since version 1.3.

    def get_metadata_routing(self) -> object:
        """Return scikit-learn's record of the metadata that this estimator asks for: none, unless it was set."""
        if "_metadata_request" in vars(self):
            return self._metadata_request
        requests: object = import_module("sklearn.utils.metadata_routing").MetadataRequest(owner=type(self).__name__)
        for method in ROUTED:
            for name in self._metadata_of(method):
                getattr(requests, method).add_request(param=name, alias=None)
        return requests

    def set_fit_request(self: Me, **metadata: Request) -> Me:
        """Ask for metadata of `fit`, which is sample_weight. Needs scikit-learn 1.3 or later."""
        return self._ask("fit", metadata)

    def set_partial_fit_request(self: Me, **metadata: Request) -> Me:
        """Ask for metadata of `partial_fit`: sample_weight and, of a classifier, classes."""
        return self._ask("partial_fit", metadata)

    def set_score_request(self: Me, **metadata: Request) -> Me:
        """Ask for metadata of `score`, which is sample_weight."""
        return self._ask("score", metadata)

    def _metadata_of(self, method: str) -> list[str]:
        return [name for name in signature(getattr(self, method)).parameters if name not in ("X", "y")]

    def _ask(self: Me, method: str, metadata: dict[str, Request]) -> Me:
        if "sklearn" not in sys.modules:
            raise RuntimeError("metadata is handed on by the tools of scikit-learn, which has not been imported")
        known = self._metadata_of(method)
        unknown = [name for name in metadata if name not in known]
        if unknown:
            raise TypeError(f"{method} takes no metadata called {unknown[0]}, expected one of {', '.join(known)}")
        requests = self.get_metadata_routing()
        for name, alias in metadata.items():
            getattr(requests, method).add_request(param=name, alias=alias)
        self._metadata_request = requests
        return self

    # In a notebook.

    def _repr_html_(self) -> str | None:
        """Return the box that scikit-learn draws of an estimator, if it is loaded and its `display` is "diagram". None
        makes a notebook show the text."""
        if "sklearn" not in sys.modules or import_module("sklearn").get_config()["display"] != "diagram":
            return None
        box: str = import_module("sklearn.utils").estimator_html_repr(self)
        return box
