"""Neural networks with scikit-learn's interface, for use in a Pipeline, a GridSearchCV or a notebook.

`MLPClassifier` and `MLPRegressor` have the arguments, methods and attributes of scikit-learn's classes of these names,
with the same meanings and defaults; `Parameters` explains them. Neither scikit-learn nor NumPy is needed: lists go in,
and lists come out. For NumPy arrays and data frames the results are NumPy arrays.

>>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["same", "different", "different", "same"]
>>> model = MLPClassifier((8,), "tanh", solver="sgd", learning_rate_init=0.5, max_iter=500, random_state=1)
>>> model.fit(X, y).predict(X)
['same', 'different', 'different', 'same']

Differences from scikit-learn:

- activation may be the name of any activation, such as "gelu" or "leaky_relu(0.2)"; see `purenn.activations`.
- solver may be the name of any optimizer; see `purenn.optimizers`, whose rules apply: Adam's epsilon is added to the
  corrected root, and the learning rate is no part of the velocity, which matters for momentum when "adaptive" or
  "invscaling" change the rate. beta_1, beta_2 and epsilon go to every optimizer that has them. "adamw" takes alpha as
  its weight decay, and then nothing is added to the loss. There is no "lbfgs", and so no max_fun.
- There is no choice of a loss: the only one that a regressor takes is "squared_error".
- All arguments may be passed by their places, and not only the first two.
- alpha is divided by batch_size, even in the last batch of an epoch, which may be smaller. Sample weights are divided
  by their mean over all samples, not over each batch. With one batch an epoch there is no difference.
- The loss of several quantities is their sum, whose gradient is taken; scikit-learn shows their mean.
- Early stopping holds back each class in its proportion for any number of classes, not only for two.
- partial_fit and warm_start continue the sequence of random numbers; scikit-learn starts it again if random_state is an
  int. A random_state may also be a `random.Random`; one of NumPy's, an `np.random.RandomState`, gives a seed.
- standardize=True scales X within the estimator, and the quantities of a regressor. It is False by default, so that the
  same start gives scikit-learn's results.
- A TrainingWarning tells of columns that are badly scaled, and of a training that has diverged or learned little, as in
  `purenn.fit`. Then no ConvergenceWarning says that more epochs may help.
- ConvergenceWarning, DataConversionWarning and NotFittedError are classes of purenn. If scikit-learn has been imported,
  before purenn or after, those that purenn issues and raises from then on are of scikit-learn's classes as well:
  filters and `except` may name either. Those of scikit-learn's own steps are not of purenn's classes.
- set_fit_request, set_partial_fit_request and set_score_request need scikit-learn 1.3, whose tools alone follow them.
- class_weight works as in scikit-learn's other classifiers. It counts like sample_weight, in early stopping too.
- save and load keep a fitted estimator in a safetensors file; nothing is pickled.
- A classifier needs at least two classes. A network that diverges raises TrainingError.
- scikit-learn's scorers of probabilities ("roc_auc", "neg_log_loss") need arrays, so X must be one.
- coefs_ and intercepts_ are copies. The network itself is network_, a purenn Sequential whose outputs are logits.
"""

from purenn.estimators.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from purenn.estimators.mlp import MLPClassifier, MLPRegressor
from purenn.estimators.parameters import Parameters

__all__ = [
    "ConvergenceWarning",
    "DataConversionWarning",
    "MLPClassifier",
    "MLPRegressor",
    "NotFittedError",
    "Parameters",
]
