"""From the sigmoid to a yes or no for each of many labels: BCE on probabilities, on logits, focal, Keras's; Dice.

Sources: Lin et al., Focal Loss for Dense Object Detection (2017), and torchvision's `sigmoid_focal_loss`; Milletari,
Navab and Ahmadi, V-Net (2016), and MONAI's `DiceLoss`; `torch.nn.functional.logsigmoid`, `binary_cross_entropy`,
`binary_cross_entropy_with_logits`, `multilabel_soft_margin_loss`; `keras.losses.binary_crossentropy`.

All but Dice are the same two numbers, what a yes costs and what a no costs, mixed by the target. So the mistakes in
mixing, weighing and reducing are written once, and each loss in which they can be made takes them.
"""

from coursekit.graders.binary_cross_entropy.dice import dice_loss
from coursekit.graders.binary_cross_entropy.focal import sigmoid_focal_loss
from coursekit.graders.binary_cross_entropy.keras import keras_binary_crossentropy
from coursekit.graders.binary_cross_entropy.labels import multilabel_soft_margin_loss
from coursekit.graders.binary_cross_entropy.log_sigmoid import log_sigmoid
from coursekit.graders.binary_cross_entropy.logits import binary_cross_entropy_with_logits
from coursekit.graders.binary_cross_entropy.shares import binary_cross_entropy
from coursekit.graders.binary_cross_entropy.sigmoid import sigmoid

# in the order of the course
EXERCISES = (
    sigmoid,
    log_sigmoid,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid_focal_loss,
    dice_loss,
    multilabel_soft_margin_loss,
    keras_binary_crossentropy,
)
