"""CTC in probabilities instead of logarithms: rows that are rescaled before they underflow.

Sources: Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification (2006), section 4.1, for the
rescaling; Rabiner, A Tutorial on Hidden Markov Models (1989), for where it comes from; Durbin, Eddy, Krogh and
Mitchison, Biological Sequence Analysis (1998), for the casino.
"""

from coursekit.graders.ctc_speed.hmm_nll import hmm_nll
from coursekit.graders.ctc_speed.hmm_posterior import hmm_posterior
from coursekit.graders.ctc_speed.scaled_ctc import ctc_scaled

# in the order of the course
EXERCISES = (hmm_nll, hmm_posterior, ctc_scaled)
