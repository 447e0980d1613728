"""Losses that are likelihoods, or a bound on one: of counts, of noise, of a hidden cause, torch's and Keras's drop-ins.

Sources: Bortkiewicz, Das Gesetz der kleinen Zahlen (1898); Nix and Weigend, Estimating the mean and variance of the
target probability distribution (1994); Kingma and Welling, Auto-Encoding Variational Bayes (2014), for the bound;
`torch.nn.functional.poisson_nll_loss` and `gaussian_nll_loss`;
`torch.distributions`; `keras.losses.poisson`.
"""

from coursekit.graders.counts_and_noise.evidence import negative_elbo
from coursekit.graders.counts_and_noise.gaussian import gaussian_nll
from coursekit.graders.counts_and_noise.gaussian_drop_in import gaussian_nll_loss
from coursekit.graders.counts_and_noise.keras_poisson import keras_poisson
from coursekit.graders.counts_and_noise.laplace import laplace_nll
from coursekit.graders.counts_and_noise.poisson import poisson_nll
from coursekit.graders.counts_and_noise.poisson_drop_in import poisson_nll_loss
from coursekit.graders.counts_and_noise.stirling import stirling

# in the order of the course
EXERCISES = (
    poisson_nll,
    stirling,
    poisson_nll_loss,
    laplace_nll,
    gaussian_nll,
    negative_elbo,
    gaussian_nll_loss,
    keras_poisson,
)
