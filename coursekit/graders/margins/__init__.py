"""Losses with a margin: torch's soft margin, multi-margin and multi-label margin, then Keras's three hinges.

Sources: Cortes and Vapnik, Support-Vector Networks (1995); Weston and Watkins, Support Vector Machines for Multi-Class
Pattern Recognition (1999), for the sum over the wrong classes; Crammer and Singer, On the Algorithmic Implementation of
Multiclass Kernel-based Vector Machines (2001), for the largest of them; `torch.nn.functional`, `keras.losses`.

'mean' and 'sum' of an empty batch are never asked of `multi_margin_loss` and `multilabel_margin_loss`: torch returns
memory that nobody wrote to. Nor is a NaN among the scores: torch's `if (z > 0)` takes it for a margin that is met.
"""

from coursekit.graders.margins.keras_categorical import keras_categorical_hinge
from coursekit.graders.margins.keras_hinges import keras_hinge, keras_squared_hinge
from coursekit.graders.margins.multi_margin import multi_margin_loss
from coursekit.graders.margins.multilabel_margin import multilabel_margin_loss
from coursekit.graders.margins.soft_margin import soft_margin_loss

# in the order of the course
EXERCISES = (
    soft_margin_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    keras_hinge,
    keras_squared_hinge,
    keras_categorical_hinge,
)
