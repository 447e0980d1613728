"""Losses over a whole vocabulary: an online softmax, gradients in chunks, accumulation, clusters, all in one.

Sources: Milakov and Gimelshein, Online normalizer calculation for softmax (2018); Grave et al., Efficient softmax
approximation for GPUs (2017); `torch.nn.AdaptiveLogSoftmaxWithLoss`, `torch.nn.functional.linear_cross_entropy`.
"""

# the exercises, in the order of the course
from coursekit.graders.at_scale.chunks import weight_gradient
from coursekit.graders.at_scale.online import online_softmax_step
from coursekit.graders.at_scale.accumulation import accumulated_loss
from coursekit.graders.at_scale.adaptive import adaptive_log_softmax
from coursekit.graders.at_scale.linear import linear_cross_entropy

# this adds its mistakes to the exercise above
from coursekit.graders.at_scale import linear_mistakes
