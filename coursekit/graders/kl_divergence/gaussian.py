"""Two normal distributions: `gaussian_kl`."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import drawn_once, normal
from coursekit.graders.kl_divergence.common import READY_MADE, apart


def gaussian_spec(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    """The mean over p of ln p(x) - ln q(x), whose squares average to 1 under p and to [σp² + (μp - μq)²]/σq²."""
    squares = (std_p**2 + (mean_p - mean_q) ** 2) / std_q**2
    return (std_q / std_p).log() + (squares - 1) / 2


# The mistakes that no pair that is drawn may hide
TOLD_APART = (
    "variance_for_deviation",
    "gaussian_swapped",
    "logarithm_upside_down",
    "distance_not_squared",
    "wrong_denominator",
    "standard_normal_q",
)


@drawn_once
def gaussians(rng: Rng, *shape: int) -> tuple[Tensor, ...]:
    """Means and standard deviations (of p, then of q) that no formula but the right one gets right."""

    def draw() -> tuple[Tensor, ...]:
        std_p, std_q = tensor(rng.integers(5, 21, size=2) / 10, dtype=torch.float32)
        return normal(rng), std_p, normal(rng), std_q

    mistakes = {mistake.name: mistake.function for mistake in gaussian_kl.misconceptions}
    readings = [mistakes[name] for name in TOLD_APART]
    pairs = [apart(draw, gaussian_spec, *readings) for _ in range(int(np.prod(shape)))]
    return tuple(torch.stack(side).reshape(shape) for side in zip(*pairs))


gaussian_kl = Exercise(
    "gaussian_kl",
    gaussian_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Between Gaussians KL is a logarithm of the widths, and squares measured in units of q's width.",
    hints=(
        "ln p(x) is -ln σp - (x - μp)²/(2σp²) minus a constant; ln q(x) likewise. Their difference is what to average.",
        "Under p, the mean of (x - μp)² is σp². And the mean of (x - μq)² is σp² + (μp - μq)²: why?",
        "For equal means and standard deviations everything must cancel: that tells the constant.",
    ),
)


@gaussian_kl.check
def one_apart(f: Function, rng: Rng) -> None:
    """N(0, 1) and N(-1, 1) are 0.5 nats apart (0.7213 bits)"""
    same_value(f, gaussian_spec, tensor(0.0), tensor(1.0), tensor(-1.0), tensor(1.0))


@gaussian_kl.check
def wide_and_narrow(f: Function, rng: Rng) -> None:
    """Different widths, different means

    Both arguments `std` are standard deviations. The order of the distributions matters.
    """
    same_value(f, gaussian_spec, tensor(0.0), tensor(1.0), tensor(0.0), tensor(2.0))
    same_value(f, gaussian_spec, *gaussians(rng))


@gaussian_kl.check
def many_gaussians(f: Function, rng: Rng) -> None:
    """Many pairs at once, in any shape

    Every element is a pair of its own: nothing is summed or averaged, and shapes broadcast.
    """
    same_value(f, gaussian_spec, *gaussians(rng, 3))
    mean_p, std_p, mean_q, std_q = gaussians(rng, 2)
    same_value(f, gaussian_spec, mean_p[:, None], std_p[:, None], mean_q, std_q)


@gaussian_kl.check
def gaussian_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, for all four"""
    same_gradient(f, gaussian_spec, *gaussians(rng, 2), wrt=(0, 1, 2, 3))


@gaussian_kl.parity
def narrow_gaussian(f: Function, rng: Rng) -> None:
    """Very narrow distributions are taken as they are (float64)

    Look for a small number added to a standard deviation or a variance.
    """
    narrow = 10.0 ** -int(rng.integers(4, 7))
    means = tensor([0.0, narrow], dtype=torch.float64)
    same_value(f, gaussian_spec, means, means * 0 + narrow, means * 0, means * 0 + 3 * narrow)
    same_gradient(f, gaussian_spec, means, means * 0 + 1e-3 * narrow, means * 0, means * 0 + 0.7, wrt=(1, 3))


keeps_dtype(gaussian_kl, lambda rng: gaussians(rng, 2), name="gaussian_dtype")


wrong = gaussian_kl.misconceptions
wrong.table(
    squares_forgotten=(
        "The logarithm has the standard deviations, and where the variances belong they stand without their squares.",
        lambda mp, sp, mq, sq: (sq / sp).log() + (sp + (mp - mq).square()) / (2 * sq) - 0.5,
    ),
    variance_for_deviation=(
        "The standard deviations are used as if they were variances. Square them where a variance belongs.",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp.sqrt(), mq, sq.sqrt()),
    ),
    log_variance_for_deviation=(
        "The standard deviations are used as if they were log-variances, as a VAE's encoder gives them. Here they are "
        "standard deviations: no exponential.",
        lambda mp, sp, mq, sq: gaussian_spec(mp, (sp / 2).exp(), mq, (sq / 2).exp()),
    ),
    gaussian_swapped=(
        "The distributions are swapped: this is KL(q‖p). The average is taken under p, so σq² stands in the "
        "denominator.",
        lambda mp, sp, mq, sq: gaussian_spec(mq, sq, mp, sp),
        "KL2",
    ),
    half_missing=(
        "The -1/2 is missing: for two equal distributions this gives 1/2 in place of 0. It comes from the squares of p "
        "under p itself.",
        lambda *args: gaussian_spec(*args) + 0.5,
    ),
    half_is_one=(
        "The last term is -1 in place of -1/2: for two equal distributions this gives -1/2. Halve the 1 together with "
        "the squares.",
        lambda *args: gaussian_spec(*args) - 0.5,
    ),
    logarithm_upside_down=(
        "The logarithm is upside down: with ln(σp/σq) the result can be negative. It is ln(σq/σp).",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp, mq, sq) + 2 * (sp / sq).log(),
    ),
    logarithm_missing=(
        "The logarithm is missing: ln(σq/σp) compares the widths.",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp, mq, sq) + (sp / sq).log(),
    ),
    logarithm_of_variances=(
        "This has ln(σq²/σp²), which is twice ln(σq/σp). With variances inside, the logarithm is halved as well.",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp, mq, sq) + (sq / sp).log(),
    ),
)


@wrong("The distance of the means is not squared. Squares are what a Gaussian's logarithm holds.")
def distance_not_squared(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    d = (mean_p - mean_q).abs()
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + (d - d**2) / (2 * std_q**2)


wrong.table(
    wrong_denominator=(
        "The squares are divided by σp². They come from the density of q, which holds σq² below.",
        (
            lambda mp, sp, mq, sq: (sq / sp).log() + ((sp**2 + (mp - mq) ** 2) / sp**2 - 1) / 2,
            lambda mp, sp, mq, sq: (sq / sp).log() + ((sq**2 + (mp - mq) ** 2) / sp**2 - 1) / 2,
        ),
    ),
    squares_not_halved=(
        "The squares are not halved: a Gaussian's logarithm holds (x - μ)²/(2σ²), with a 2 below.",
        lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + (mp - mq) ** 2) / sq**2 - 0.5,
    ),
    standard_normal_q=(
        "This is the KL to the standard normal N(0, 1), the formula of a VAE: mean_q and std_q are not used.",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp, mq * 0, sq * 0 + 1),
    ),
    gaussian_bits=(
        "This is in bits. Nats need the natural logarithm, and no division by ln 2.",
        lambda *args: gaussian_spec(*args) / math.log(2),
        "I4",
    ),
    gaussian_summed=(
        "This sums over the elements. Each element is a pair of Gaussians of its own.",
        lambda *args: gaussian_spec(*args).sum(),
    ),
    gaussian_averaged=(
        "This averages over the elements. Each element is a pair of Gaussians of its own.",
        lambda *args: gaussian_spec(*args).mean(),
    ),
    gaussian_padded=(
        "A small number was added to the variances: a very narrow Gaussian comes out too wide. Standard "
        "deviations are positive; nothing needs protection.",
        lambda mp, sp, mq, sq, *, eps=1e-8: gaussian_spec(mp, (sp**2 + eps).sqrt(), mq, (sq**2 + eps).sqrt()),
        "I6",
    ),
)
wrong.table(
    denominator_not_squared=(
        "The squares are divided by 2σq. A variance belongs there: divide by 2σq².",
        lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + (mp - mq) ** 2) / (2 * sq) - 0.5,
    ),
    width_of_p_missing=(
        "σp² is missing beside the squared distance of the means: under p, the mean of (x - μq)² is σp² + (μp - μq)².",
        lambda mp, sp, mq, sq: (sq / sp).log() + (mp - mq) ** 2 / (2 * sq**2) - 0.5,
    ),
    distance_missing=(
        "The distance of the means is missing: under p, the mean of (x - μq)² is σp² + (μp - μq)².",
        lambda mp, sp, mq, sq: gaussian_spec(mp, sp, mp, sq) + 0 * mq,
    ),
)
wrong.table(
    widths_subtracted=(
        "The squared difference of the widths, (σp - σq)², stands beside that of the means. Under p, the mean of "
        "(x - μq)² is σp² + (μp - μq)², less 1/2 at the end.",
        (
            lambda mp, sp, mq, sq: (sq / sp).log() + ((sp - sq) ** 2 + (mp - mq) ** 2) / (2 * sq**2),
            lambda mp, sp, mq, sq: (sq / sp).log() + ((sp - sq) ** 2 + (mp - mq) ** 2) / (2 * sq**2) - 0.5,
        ),
    ),
    width_not_divided=(
        "Only the squared distance of the means is divided by 2σq². The bracket holds σp² as well.",
        lambda mp, sp, mq, sq: (sq / sp).log() + sp**2 + (mp - mq) ** 2 / (2 * sq**2) - 0.5,
    ),
    squares_subtracted=(
        "The squares are subtracted. ln q(x) is subtracted, and it holds them with a minus: together a plus.",
        lambda mp, sp, mq, sq: 2 * (sq / sp).log() - gaussian_spec(mp, sp, mq, sq),
    ),
)
wrong.terms(
    logarithm_of_q=("ln σq", lambda mp, sp, mq, sq: sq.log() + 0 * (mp + sp + mq)),
    logarithm_of_p=("-ln σp", lambda mp, sp, mq, sq: 0 * (mp + mq + sq) - sp.log()),
    width=("σp² / 2σq²", lambda mp, sp, mq, sq: sp**2 / (2 * sq**2) + 0 * (mp + mq)),
    distance=("(μp - μq)² / 2σq²", lambda mp, sp, mq, sq: (mp - mq) ** 2 / (2 * sq**2) + 0 * sp),
    half=("the -½ at the end", lambda mp, sp, mq, sq: 0 * (mp + sp + mq + sq) - 0.5),
)
wrong.table(
    square_of_the_sum=(
        "Width and distance are added before they are squared. Each has its own square: σp² + (μp - μq)².",
        (
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp + mp - mq) ** 2 / (2 * sq**2) - 0.5,
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp + (mp - mq).abs()) ** 2 / (2 * sq**2) - 0.5,
        ),
    ),
    logarithm_of_one_more=(
        "A 1 stands inside the logarithm. It is ln(σq/σp).",
        lambda mp, sp, mq, sq: (sq / sp).log1p() + (sp**2 + (mp - mq) ** 2) / (2 * sq**2) - 0.5,
    ),
    variances_added_below=(
        "Both variances stand below the squares. Only that of q does: 2σq².",
        (
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + (mp - mq) ** 2) / (sp**2 + sq**2) - 0.5,
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + (mp - mq) ** 2) / (2 * (sp**2 + sq**2)) - 0.5,
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + (mp - mq) ** 2) / (2 * sp * sq) - 0.5,
        ),
    ),
    means_not_subtracted=(
        "The squared means are subtracted. It is the square of their difference.",
        (
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + mp**2 - mq**2) / (2 * sq**2) - 0.5,
            lambda mp, sp, mq, sq: (sq / sp).log() + (sp**2 + mq**2 - mp**2) / (2 * sq**2) - 0.5,
        ),
    ),
)
wrong.table(
    width_ratio_not_squared=(
        "The ratio of the widths is not squared: it is σp² / σq².",
        lambda mp, sp, mq, sq: (sq / sp).log() + (sp / sq + (mp - mq) ** 2 / sq**2) / 2 - 0.5,
    ),
)
