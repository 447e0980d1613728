"""From one sample's logits to cross-entropy with every flag: softmax, NLL, smoothing, padding, focal loss; Keras's two.

Sources: Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), for label smoothing; Lin et
al., Focal Loss for Dense Object Detection (2017); `torch.nn.functional.log_softmax`, `nll_loss`, `cross_entropy`;
`keras.losses.categorical_crossentropy`, `sparse_categorical_crossentropy`.
"""

from coursekit.graders.cross_entropy.drop_in import cross_entropy
from coursekit.graders.cross_entropy.focal import focal_loss
from coursekit.graders.cross_entropy.keras_dense import keras_categorical_crossentropy
from coursekit.graders.cross_entropy.keras_sparse import keras_sparse_categorical_crossentropy
from coursekit.graders.cross_entropy.likelihood import negative_log_likelihood
from coursekit.graders.cross_entropy.picking import nll_loss
from coursekit.graders.cross_entropy.sample import sample_loss
from coursekit.graders.cross_entropy.sequence import sequence_loss
from coursekit.graders.cross_entropy.smoothing import smooth_targets
from coursekit.graders.cross_entropy.softmax import log_softmax

# in the order of the course
EXERCISES = (
    sample_loss,
    negative_log_likelihood,
    log_softmax,
    smooth_targets,
    nll_loss,
    sequence_loss,
    focal_loss,
    cross_entropy,
    keras_categorical_crossentropy,
    keras_sparse_categorical_crossentropy,
)
