"""What an exercise is, and the words that graders are written in."""

from coursekit.exercise.comparing import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.exercise import Check, Exercise, Rng
from coursekit.exercise.failure import Failure, Stopped
from coursekit.exercise.families.owed import (
    Draw,
    dtype_of_y_pred,
    each_reduction,
    keeps_dtype,
    no_elements,
    scaled_gradient,
    unknown_word,
)
from coursekit.exercise.families.reductions import REDUCTIONS, reduced
from coursekit.exercise.families.twins import keras_twin, torch_twin
from coursekit.exercise.families.usual import (
    always_float32,
    argument_fixed,
    detached,
    keras_means,
    of_value,
    other_default,
    shapes_broadcast,
    usual_mistakes,
    wider_dtype,
    with_defaults,
    wrong_words,
)
from coursekit.exercise.function import Ask, Call, Function
from coursekit.exercise.mistakes import Loss, Misconception, Mistakes, Row, wrong_in
from coursekit.wire import Question

__all__ = [
    "REDUCTIONS",
    "Ask",
    "Call",
    "Check",
    "Draw",
    "Exercise",
    "Failure",
    "Function",
    "Loss",
    "Misconception",
    "Mistakes",
    "Question",
    "Rng",
    "Row",
    "Stopped",
    "always_float32",
    "argument_fixed",
    "detached",
    "dtype_of_y_pred",
    "each_reduction",
    "keeps_dtype",
    "keras_means",
    "keras_twin",
    "no_elements",
    "of_value",
    "other_default",
    "reduced",
    "refuses",
    "same_dtype",
    "same_gradient",
    "same_value",
    "scaled_gradient",
    "shapes_broadcast",
    "torch_twin",
    "unknown_word",
    "usual_mistakes",
    "wider_dtype",
    "with_defaults",
    "wrong_in",
    "wrong_words",
]
