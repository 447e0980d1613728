"""What goes wrong in `negative_elbo`: in the surprise, in the price of the code, and between the two."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import (
    Loss,
    Mistakes,
    always_float32,
    argument_fixed,
    detached,
    other_default,
    reduced,
    usual_mistakes,
    with_defaults,
    wrong_words,
)
from coursekit.graders.counts_and_noise.specs import (
    HALF_LN_2PI,
    code_kl,
    gaussian_nll_spec,
    negative_elbo_spec,
    same_samples,
)

MISTAKES = wrong = Mistakes(negative_elbo_spec)


def surprises(x: Tensor, y: Tensor, noise_var: float) -> Tensor:
    """Gauss's surprise at every number."""
    return gaussian_nll_spec(x, y, torch.full_like(y, noise_var))


def of_parts(formula: Loss) -> Loss:
    """A loss of each sample by the surprises at its numbers and the KLs of its code, (N, D) and (N, K)."""

    def loss(x: Tensor, y: Tensor, mean: Tensor, log_var: Tensor, noise_var: float, reduction: str) -> Tensor:
        same_samples(x, y, mean, log_var)
        return reduced(formula(surprises(x, y, noise_var), code_kl(mean, log_var)), reduction)

    return with_defaults(wrong)(loss)


def of_surprise(formula: Loss) -> Loss:
    """Another surprise at a number, by the error d and the variance v; the price of the code as it should be."""

    def loss(x: Tensor, y: Tensor, mean: Tensor, log_var: Tensor, noise_var: float, reduction: str) -> Tensor:
        same_samples(x, y, mean, log_var)
        surprise = formula(y - x, torch.full_like(y, noise_var))
        return reduced(surprise.sum(1) + code_kl(mean, log_var).sum(1), reduction)

    return with_defaults(wrong)(loss)


def of_code(formula: Loss) -> Loss:
    """Another price of a code's number, by its mean and log-variance; the surprise as it should be."""

    def loss(x: Tensor, y: Tensor, mean: Tensor, log_var: Tensor, noise_var: float, reduction: str) -> Tensor:
        same_samples(x, y, mean, log_var)
        return reduced(surprises(x, y, noise_var).sum(1) + formula(mean, log_var).sum(1), reduction)

    return with_defaults(wrong)(loss)


always_float32(wrong)
wrong_words(wrong)
usual_mistakes(
    wrong,
    *("divided_twice", "empty_is_zero"),
    nan_hidden="A NaN counts as 0. Let it through: a hole in the data should be seen.",
)
wrong.table(
    of_parts,
    mean_of_pixels=(
        "The surprise is averaged over the numbers of a sample, as `mse_loss` does, and the code's price is summed: "
        "the code costs D times too much, and training empties it. Sum both.",
        lambda nll, kl: nll.mean(1) + kl.sum(1),
    ),
    mean_of_codes=(
        "The price of the code is averaged over its numbers. Each of them costs nats of its own: sum.",
        lambda nll, kl: nll.sum(1) + kl.mean(1),
    ),
    two_means=(
        "Both parts are averaged within a sample. Pixels and codes differ in number, so the means weigh them "
        "differently: sum both.",
        lambda nll, kl: nll.mean(1) + kl.mean(1),
    ),
    code_is_free=(
        "The price of the code is missing. Without it this is an autoencoder's loss, and no bound on anything.",
        lambda nll, kl: nll.sum(1) + 0 * kl.sum(1),
    ),
    only_the_code=(
        "The reconstruction is missing: this is the price of the code alone, which is lowest where the code is empty.",
        lambda nll, kl: kl.sum(1) + 0 * nll.sum(1),
    ),
    code_pays=(
        "The price of the code is subtracted. The bound lies above the surprise: both parts are added.",
        lambda nll, kl: nll.sum(1) - kl.sum(1),
    ),
    the_bound=(
        "The sign is turned: this is the ELBO itself, which is to grow. A loss is minus that.",
        lambda nll, kl: -nll.sum(1) - kl.sum(1),
    ),
    reconstruction_pays=(
        "The surprise is subtracted. Minus ln of the density is added, and so is the KL.",
        lambda nll, kl: kl.sum(1) - nll.sum(1),
    ),
    code_of_the_batch=(
        "The price of the code is summed over the whole batch and added to every sample. Each sample has one code.",
        lambda nll, kl: nll.sum(1) + kl.sum(),
    ),
    whole_batch_for_each=(
        "Each sample is given the costs of the whole batch. Sum over the numbers of one sample, dim=1.",
        lambda nll, kl: (nll.sum() + kl.sum()).expand(len(nll)),
    ),
    in_bits=(
        "This is in bits. Nats need the natural logarithm.",
        lambda nll, kl: (nll.sum(1) + kl.sum(1)) / math.log(2),
    ),
    code_doubled=(
        "The price of the code counts twice: its ½ is missing. KL is ½ Σ (mean² + var - 1 - log_var).",
        lambda nll, kl: nll.sum(1) + 2 * kl.sum(1),
    ),
    code_halved=(
        "The price of the code counts half. KL is ½ Σ (mean² + var - 1 - log_var), and one ½ is enough.",
        lambda nll, kl: nll.sum(1) + kl.sum(1) / 2,
    ),
)
wrong.table(
    of_surprise,
    squared_error=(
        "This is the squared error without its ½: noise of variance ½, and no constant. Gauss's surprise has d²/2σ².",
        (
            lambda d, v: d.square(),
            lambda d, v: d.square() / v,
            lambda d, v: d.square() / v + v.log() / 2 + HALF_LN_2PI,
        ),
    ),
    no_constants=(
        "The constant ½ ln(2π σ²) is missing. It moves no minimum in the network, but without it this bounds nothing, "
        "and other noise cannot be compared.",
        (lambda d, v: d.square() / (2 * v), lambda d, v: d.square() / 2),
    ),
    two_pi_missing=(
        "½ ln 2π is missing. torch leaves it out as well (`full=False`); a bound on -ln p needs it.",
        lambda d, v: v.log() / 2 + d.square() / (2 * v),
    ),
    price_of_width_missing=(
        "½ ln σ² is missing. Without it, the widest noise is always the best.",
        lambda d, v: d.square() / (2 * v) + HALF_LN_2PI,
    ),
    constant_not_halved=(
        "ln(2π σ²) is not halved. It comes from a root.",
        lambda d, v: d.square() / (2 * v) + v.log() + 2 * HALF_LN_2PI,
    ),
    noise_squared=(
        "`noise_var` is taken for a standard deviation: it was squared. It is σ² already.",
        lambda d, v: d.square() / (2 * v.square()) + v.log() + HALF_LN_2PI,
    ),
    noise_rooted=(
        "The squared error is divided by the root of the variance. Divide by σ² itself.",
        lambda d, v: d.square() / (2 * v.sqrt()) + v.log() / 2 + HALF_LN_2PI,
    ),
    noise_multiplied=(
        "The squared error is multiplied by the variance. Wide noise makes an error less surprising: divide.",
        lambda d, v: d.square() * v / 2 + v.log() / 2 + HALF_LN_2PI,
    ),
    absolute_error=(
        "The error is not squared. A Gaussian's exponent holds (x - μ)².",
        lambda d, v: d.abs() / (2 * v) + v.log() / 2 + HALF_LN_2PI,
    ),
)
wrong.table(
    of_code,
    other_direction=(
        "This is KL(N(0, 1)‖q), the divergence the other way round. The code q comes first: it says how often.",
        lambda m, lv: (m.square() + 1) / (2 * lv.exp()) - 0.5 + lv / 2,
    ),
    variance_as_given=(
        "`log_var` is used as if it were the variance. Its `exp` is.",
        (lambda m, lv: (m.square() + lv - 1 - lv.log()) / 2, lambda m, lv: (m.square() + lv - 1 - lv.exp().log()) / 2),
    ),
    log_deviation=(
        "`log_var` is taken for the logarithm of the standard deviation, and doubled. It is ln σ², so σ² is its `exp`.",
        (
            lambda m, lv: (m.square() + (2 * lv).exp() - 1 - 2 * lv) / 2,
            lambda m, lv: (m.square() + (2 * lv).exp() - 1 - lv) / 2,
            lambda m, lv: (m.square() + (2 * lv).exp() - 1) / 2 - lv,
        ),
    ),
    deviation_for_variance=(
        "The standard deviation stands where the variance belongs: exp(log_var / 2) is σ, exp(log_var) is σ².",
        lambda m, lv: (m.square() + (lv / 2).exp() - 1 - lv) / 2,
    ),
    mean_not_squared=(
        "The mean is not squared: a code costs as much to the left as to the right.",
        (lambda m, lv: (m + lv.exp() - 1 - lv) / 2, lambda m, lv: (m.abs() + lv.exp() - 1 - lv) / 2),
    ),
    mean_left_out=(
        "mean² is missing. A code may then lie anywhere for nothing.",
        lambda m, lv: (0 * m + lv.exp() - 1 - lv) / 2,
    ),
    width_left_out=(
        "Only the mean is paid for. A code also pays for being narrower, or wider, than N(0, 1).",
        lambda m, lv: m.square() / 2 + 0 * lv,
    ),
    logarithm_left_out=(
        "log_var itself is missing, so a code of width 0 is the cheapest. KL is ½ Σ (mean² + var - 1 - log_var).",
        lambda m, lv: (m.square() + lv.exp() - 1) / 2,
    ),
    logarithm_added=(
        "log_var is added. A narrow code says more, so it costs more: subtract it.",
        lambda m, lv: (m.square() + lv.exp() - 1 + lv) / 2,
    ),
    one_left_out=(
        "The -1 is missing: a code that tells nothing costs ½ here, and should cost 0.",
        lambda m, lv: (m.square() + lv.exp() - lv) / 2,
    ),
    variance_left_out=(
        "exp(log_var) is missing: a wide code is paid by nothing. KL is ½ Σ (mean² + var - 1 - log_var).",
        lambda m, lv: (m.square() - 1 - lv) / 2,
    ),
    kept_above_0=(
        "The price of each number is kept above some floor ('free bits') or below a ceiling. Take it as it is.",
        (lambda m, lv: code_kl(m, lv).clamp(min=0.5), lambda m, lv: code_kl(m, lv).clamp(min=1.0)),
    ),
    density_of_the_code=(
        "This is the surprise of N(0, 1) at the code's mean. The code is a bell, not a point: KL has its width too.",
        lambda m, lv: m.square() / 2 + HALF_LN_2PI + 0 * lv,
    ),
    through_the_deviation=(
        "The logarithm is taken of the standard deviation, after `exp`: that of e^-300 is rounded to 0, and its "
        "logarithm to -inf. `log_var` is the logarithm already.",
        (
            lambda m, lv: (m.square() + lv.exp() - 1) / 2 - (lv / 2).exp().log(),
            lambda m, lv: (m.square() + lv.exp() - 1 - lv.exp().log()) / 2,
        ),
    ),
    code_padded=(
        "A small number was added inside a logarithm. log_var is the logarithm already, and needs no protection.",
        lambda m, lv, *, eps=1e-8: (m.square() + lv.exp() - 1 - (lv.exp() + eps).log()) / 2,
    ),
)
detached(wrong, "log_var", "No gradient flows to the log-variance: no code learns how narrow it should be.")
detached(wrong, "mean", "No gradient flows to the mean of the code.")
detached(wrong, "reconstruction", "No gradient flows to the reconstruction: the decoder learns nothing.")
argument_fixed(wrong, "noise_ignored", "`noise_var` is not listened to: this is a variance of 1.", noise_var=1.0)
other_default(wrong, "default_noise", "Where no `noise_var` is given, it is ½ here, it should be 1.", noise_var=0.5)


@wrong("Unequal shapes were broadcast: samples were rebuilt that had no code. Compare the shapes; raise a ValueError.")
def broadcast(x: Tensor, y: Tensor, m: Tensor, lv: Tensor, *args: Any, **flags: Any) -> Tensor:
    x, y = torch.broadcast_tensors(x, y)  # type: ignore[no-untyped-call]
    m, lv = torch.broadcast_tensors(m, lv)  # type: ignore[no-untyped-call]
    rows = max(len(y), len(m)) if min(len(y), len(m)) == 1 else len(y)
    if len(m) == 1:
        m, lv = m.expand(rows, -1), lv.expand(rows, -1)
    return negative_elbo_spec(x, y, m, lv, *args, **flags)
