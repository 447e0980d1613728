"""Losses of regression: torch's L1, MSE, SmoothL1 and Huber, then Keras's and how Keras averages.

Sources: Huber, Robust Estimation of a Location Parameter (1964); Girshick, Fast R-CNN (2015), for smooth L1;
`torch.nn.functional.l1_loss`, `mse_loss`, `smooth_l1_loss`, `huber_loss`; `keras.losses`.

The losses of a family make the same mistakes around the formula: what goes wrong in a reduction, with weights or in
lining up two shapes is written once, and added to each.
"""

from coursekit.graders.regression.huber import huber_loss
from coursekit.graders.regression.keras_alignment import keras_align
from coursekit.graders.regression.keras_averaging import keras_reduce
from coursekit.graders.regression.keras_means import keras_mean_squared_error
from coursekit.graders.regression.keras_relative import (
    keras_mean_absolute_percentage_error,
    keras_mean_squared_logarithmic_error,
)
from coursekit.graders.regression.keras_robust import keras_huber, keras_log_cosh
from coursekit.graders.regression.l1_mse import l1_loss, mse_loss
from coursekit.graders.regression.quantile_loss import quantile_loss
from coursekit.graders.regression.smooth_l1 import smooth_l1_loss

# in the order of the course
EXERCISES = (
    l1_loss,
    mse_loss,
    smooth_l1_loss,
    huber_loss,
    quantile_loss,
    keras_align,
    keras_mean_squared_error,
    keras_mean_absolute_percentage_error,
    keras_mean_squared_logarithmic_error,
    keras_log_cosh,
    keras_huber,
    keras_reduce,
)
