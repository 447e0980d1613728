"""Losses at scale: gradients in chunks, an online softmax, a price on ln Z, accumulation, clusters.

Sources: Milakov and Gimelshein, Online normalizer calculation for softmax (2018); Grave et al., Efficient softmax
approximation for GPUs (2017); Chowdhery et al., PaLM (2022), and T5X's `losses.py`;
`torch.nn.AdaptiveLogSoftmaxWithLoss`, `torch.nn.functional.linear_cross_entropy`.
"""

from coursekit.graders.at_scale.accumulation import accumulated_loss
from coursekit.graders.at_scale.adaptive import adaptive_log_softmax
from coursekit.graders.at_scale.chunks import weight_gradient
from coursekit.graders.at_scale.linear import linear_cross_entropy
from coursekit.graders.at_scale.online import online_softmax_step
from coursekit.graders.at_scale.z_loss import cross_entropy_with_z_loss

# in the order of the course
EXERCISES = (
    weight_gradient,
    online_softmax_step,
    cross_entropy_with_z_loss,
    accumulated_loss,
    adaptive_log_softmax,
    linear_cross_entropy,
)
