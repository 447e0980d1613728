"""Five forms of one CTC loss, from the paper's loops to one that outruns torch's own.

All take logits and include the softmax: its gradient joins that of the loss as softmax minus occupancy, the expected
time that the target's alignments spend in each class. Each form is one idea more than the one before:

    naive           the loops of the paper
    log_autograd    all samples and states at once, in log space, differentiated by autograd
    log_analytic    the gradient by its formula; alpha and beta run as one batch
    scaled          probabilities in place of logarithms, rescaled on the way, and a guard
    compiled        the same as a loop that numba compiles
"""

from __future__ import annotations

from coursekit.fast.ctc_log import log_analytic, log_autograd
from coursekit.fast.ctc_naive import naive
from coursekit.fast.ctc_numba import compiled
from coursekit.fast.ctc_scaled import scaled

__all__ = ["FORMS", "compiled", "log_analytic", "log_autograd", "naive", "scaled"]

FORMS = {form.__name__: form for form in (naive, log_autograd, log_analytic, scaled, compiled)}
