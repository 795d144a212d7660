"""Search for good options of a training: many trainings, each with other options, judged in validation.

Read `space` first: which options a search tries. `trials` is what is known of each training, `results` the file that
keeps it, and `sweep` makes the trials, one after the other or several at once.
"""

from purenn.search.results import ResultsFile
from purenn.search.space import SEARCHES, Range, Space, Value
from purenn.search.sweep import Sweep, made_trials, sweep
from purenn.search.trials import Trial

__all__ = ["SEARCHES", "Range", "ResultsFile", "Space", "Sweep", "Trial", "Value", "made_trials", "sweep"]
