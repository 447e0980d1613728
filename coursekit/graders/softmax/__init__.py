"""From logits to a loss: the surprise of one sample, the likelihood of many labels, and the log-softmax behind both.

Sources: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3; `torch.nn.functional.log_softmax`.
"""

from coursekit.graders.softmax.likelihood import negative_log_likelihood
from coursekit.graders.softmax.log_softmax import log_softmax
from coursekit.graders.softmax.sample import sample_loss

# in the order of the course
EXERCISES = (sample_loss, negative_log_likelihood, log_softmax)
