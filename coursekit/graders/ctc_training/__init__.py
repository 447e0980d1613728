"""CTC, the way back: β, occupancies, reading out, and the loss with a gradient of its own.

Sources: Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006); Hannun, Maas, Jurafsky
and Ng, First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs (2014), for the
prefix beam search; `torch.nn.functional.ctc_loss`.
"""

from coursekit.graders.ctc_training.backward import ctc_beta
from coursekit.graders.ctc_training.beam import prefix_beam_search
from coursekit.graders.ctc_training.distance import edit_distance
from coursekit.graders.ctc_training.drop_in import ctc_loss_from_logits
from coursekit.graders.ctc_training.greedy import greedy_decode
from coursekit.graders.ctc_training.occupancy import ctc_occupancy

# in the order of the course
EXERCISES = (
    ctc_beta,
    ctc_occupancy,
    greedy_decode,
    edit_distance,
    prefix_beam_search,
    ctc_loss_from_logits,
)
