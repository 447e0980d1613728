"""CTC, the forward algorithm: from what a path spells to torch's `ctc_loss`.

Sources: Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006); Hannun, Sequence
Modeling with CTC (2017); `torch.nn.functional.ctc_loss`.

A wrong recursion is wrong in the forward variables of one word and in the loss of a batch: it is written once, as
rules of the lattice, and both exercises list it.
"""

from coursekit.graders.ctc_forward.alpha import ctc_alpha
from coursekit.graders.ctc_forward.collapsing import collapse
from coursekit.graders.ctc_forward.drop_in import ctc_loss
from coursekit.graders.ctc_forward.enumeration import ctc_by_enumeration
from coursekit.graders.ctc_forward.states import ctc_skips, ctc_states

# in the order of the course
EXERCISES = (
    collapse,
    ctc_by_enumeration,
    ctc_states,
    ctc_skips,
    ctc_alpha,
    ctc_loss,
)
