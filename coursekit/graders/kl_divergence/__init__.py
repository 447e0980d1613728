"""Cross-entropy of distributions, KL, Jensen-Shannon, two Gaussians, distillation, torch's kl_div, Keras's KL.

Source of the definitions: Kullback and Leibler, On Information and Sufficiency (1951); Lin, Divergence Measures
Based on the Shannon Entropy (1991); Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network
(2015); `keras.losses.kl_divergence`; `torch.nn.functional.kl_div`.
"""

from coursekit.graders.kl_divergence.cross_entropy import distribution_cross_entropy
from coursekit.graders.kl_divergence.distillation import distillation_loss
from coursekit.graders.kl_divergence.drop_in import kl_div
from coursekit.graders.kl_divergence.gaussian import gaussian_kl
from coursekit.graders.kl_divergence.jensen_shannon import js_divergence
from coursekit.graders.kl_divergence.keras import keras_kl_divergence
from coursekit.graders.kl_divergence.kl import kl_divergence

# in the order of the course
EXERCISES = (
    distribution_cross_entropy,
    kl_divergence,
    js_divergence,
    gaussian_kl,
    distillation_loss,
    kl_div,
    keras_kl_divergence,
)
