"""Cross-entropy as it is used: smoothing, class weights, targets that do not count, padding, focal loss; Keras's two.

Sources: Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), for label smoothing; Lin et
al., Focal Loss for Dense Object Detection (2017); `torch.nn.functional.nll_loss`, `cross_entropy`;
`keras.losses.categorical_crossentropy`, `sparse_categorical_crossentropy`.
"""

from coursekit.graders.cross_entropy.drop_in import cross_entropy
from coursekit.graders.cross_entropy.focal import focal_loss
from coursekit.graders.cross_entropy.keras_dense import keras_categorical_crossentropy
from coursekit.graders.cross_entropy.keras_sparse import keras_sparse_categorical_crossentropy
from coursekit.graders.cross_entropy.picking import nll_loss
from coursekit.graders.cross_entropy.sequence import sequence_loss
from coursekit.graders.cross_entropy.smoothing import smooth_targets

# in the order of the course
EXERCISES = (
    smooth_targets,
    nll_loss,
    sequence_loss,
    focal_loss,
    cross_entropy,
    keras_categorical_crossentropy,
    keras_sparse_categorical_crossentropy,
)
