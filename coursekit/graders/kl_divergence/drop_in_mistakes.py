"""What goes wrong in `kl_div`."""

from __future__ import annotations

import math

from torch import Tensor, inf

from coursekit.exercise import Mistakes, argument_fixed, detached, other_default, with_defaults
from coursekit.graders.kl_divergence.common import ln, normalised
from coursekit.graders.kl_divergence.drop_in_spec import kl_div_spec, kl_terms, of_terms

MISTAKES = Mistakes(kl_div_spec)


def weight(target: Tensor, log_target: bool) -> Tensor:
    """The target's probabilities."""
    return target.exp() if log_target else target


def logarithm(target: Tensor, log_target: bool) -> Tensor:
    """Their logarithms, unprotected from 0."""
    return target if log_target else target.log()


# ---- the terms ---------------------------------------------------------------------------------------------------

MISTAKES.table(
    of_terms,
    input_is_probabilities=(
        "This takes the logarithm of `input`. It holds log-probabilities already; a logarithm of negative numbers is "
        "NaN.",
        lambda x, t, log: kl_terms(x.log(), t, log),
        "KL1",
    ),
    exponential_of_input=(
        "This takes exp(input), a probability, in the place of its logarithm. `input` holds log-probabilities: they "
        "are taken as they stand.",
        lambda x, t, log: kl_terms(x.exp(), t, log),
    ),
    log_softmax_inside=(
        "A `log_softmax` is applied to the input inside. The caller does that: log-probabilities pass through it "
        "unchanged, so it often goes unnoticed, but anything else is silently changed.",
        lambda x, t, log: kl_terms(x.log_softmax(-1), t, log),
    ),
    softmax_inside=(
        "A `softmax` is applied to the input inside, and its logarithm is missing. The input holds log-probabilities "
        "already.",
        lambda x, t, log: kl_terms(x.softmax(-1), t, log),
    ),
)


@MISTAKES.formula(of_terms)(
    "The arguments are swapped: this weighs by exp(input). The target is p, what happens, so it holds the weights, "
    "although it comes second.",
    covers="KL2",
)
def places_swapped(input: Tensor, target: Tensor, log_target: bool) -> Tensor:
    return input.exp() * (input - logarithm(target, log_target))


MISTAKES.table(
    kl_div_negative=(
        "The sign is wrong: this is t · input - t ln t. KL is p times ln p minus ln q.",
        lambda *args, **flags: -kl_div_spec(*args, **flags),
    ),
)
MISTAKES.table(
    of_terms,
    without_entropy=(
        "This is the cross-entropy, -t · input. Its gradient with respect to the input is the same; the value "
        "lacks t ln t, so it does not fall to 0.",
        lambda x, t, log: -weight(t, log) * x,
    ),
    kl_div_unweighted=(
        "The terms are not weighted by the target: this is ln t - input.",
        lambda x, t, log: logarithm(t, log) - x,
    ),
    kl_div_bits=(
        "The target's logarithm is in bits. torch's kl_div is in nats: `torch.log`.",
        lambda x, t, log: kl_terms(x, t, log) if log else t * (ln(t) / math.log(2) - x),
        "I4",
    ),
    kl_div_absolute=(
        "`abs` is taken of every term. Single terms may be negative; only their sum over a distribution may not.",
        lambda x, t, log: kl_terms(x, t, log).abs(),
        "I8",
    ),
    kl_div_cut_off=(
        "Terms below 0 are cut off. Single terms may be negative; only their sum over a distribution may not.",
        lambda x, t, log: kl_terms(x, t, log).clamp(min=0),
        "I8",
    ),
    target_normalised=(
        "The target is normalised first. torch takes it as it stands: rows that do not sum to 1 give another, even "
        "negative number.",
        lambda x, t, log: kl_terms(x, t.log_softmax(-1) if log else normalised(t), log),
        "KL10",
    ),
    kl_div_nan=(
        "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from a target of 0.",
        lambda x, t, log: weight(t, log) * (logarithm(t, log) - x),
        "KL8",
    ),
)
detached(
    MISTAKES,
    "target",
    "The target is compared as a constant: no gradient flows back to it. torch's does, and a teacher who is not "
    "trained is detached by the caller.",
)

# ---- the reduction -----------------------------------------------------------------------------------------------

MISTAKES.table(
    with_defaults(MISTAKES),
    none_sums_rows=(
        "'none' sums over the last dimension. It should leave one number per element.",
        lambda x, t, word, log: kl_terms(x, t, log).sum(-1) if word == "none" else kl_div_spec(x, t, word, log),
    ),
)
for word in ("batchmean", "mean", "none", "sum"):
    argument_fixed(
        MISTAKES,
        f"always_{word}",
        f"The reduction is ignored: this is '{word}' whatever was asked for.",
        reduction=word,
    )
MISTAKES.table(
    with_defaults(MISTAKES),
    mean_over_rows=(
        "'mean' divides by the number of rows here. torch divides by the number of elements, which is why its 'mean' "
        "is not the KL divergence and 'batchmean' was added.",
        lambda x, t, word, log: kl_div_spec(x, t, "batchmean" if word == "mean" else word, log),
        "KL3",
    ),
    mean_over_rows_of_any=(
        "'mean' sums over the last dimension and averages the rest. torch divides by the number of all elements.",
        lambda x, t, word, log: kl_terms(x, t, log).sum(-1).mean() if word == "mean" else kl_div_spec(x, t, word, log),
    ),
    batchmean_over_elements=(
        "'batchmean' divides by the number of elements here. That is 'mean'; 'batchmean' divides by the number of "
        "rows.",
        lambda x, t, word, log: kl_div_spec(x, t, "mean" if word == "batchmean" else word, log),
        "KL3",
    ),
    batchmean_over_last=(
        "'batchmean' divides by the last size here. It divides by the first, the number of rows.",
        lambda x, t, word, log: (
            kl_div_spec(x, t, "sum", log) / x.shape[-1] if word == "batchmean" else kl_div_spec(x, t, word, log)
        ),
    ),
)
other_default(
    MISTAKES,
    "other_default",
    "Where no reduction is given, it is 'batchmean' here. torch's default is 'mean', which is not the KL "
    "divergence but is what such a call gives.",
    covers="KL12",
    reduction="batchmean",
)
MISTAKES.table(
    with_defaults(MISTAKES),
    batchmean_per_row=(
        "'batchmean' divides by the number of distributions, N · T for (N, T, K). torch divides by the first size "
        "only, whatever the number of dimensions.",
        lambda x, t, word, log: (
            kl_terms(x, t, log).sum(-1).mean() if word == "batchmean" else kl_div_spec(x, t, word, log)
        ),
        "KL4",
    ),
    batchmean_spares_one=(
        "'batchmean' of a single distribution (K,) gives its sum here: the KL, but not torch's answer. torch divides "
        "by the first size, K.",
        lambda x, t, word, log: kl_div_spec(x, t, "sum" if word == "batchmean" and x.ndim == 1 else word, log),
        "KL5",
    ),
)

# ---- log_target --------------------------------------------------------------------------------------------------

argument_fixed(
    MISTAKES,
    "log_target_ignored",
    "`log_target` is not used: log-probabilities were taken for probabilities. Their exponential is the weight, and "
    "they are the logarithm themselves.",
    covers="KL6",
    log_target=False,
)
argument_fixed(
    MISTAKES,
    "always_log_target",
    "The target is taken for log-probabilities although `log_target` is False: the weight is exp(target).",
    covers="KL7",
    log_target=True,
)
MISTAKES.table(
    of_terms,
    weight_stays_logarithm=(
        "With `log_target` the weight is the target itself, a negative number. The weight is exp(target).",
        lambda x, t, log: t * (t - x) if log else kl_terms(x, t, log),
        "KL7",
    ),
)


@MISTAKES.formula(of_terms)(
    "With `log_target` this takes the logarithm of exp(target), which rounds to log 0 for a very small probability. "
    "The logarithm is there already: it is target."
)
def logarithm_of_exponential(input: Tensor, target: Tensor, log_target: bool) -> Tensor:
    if not log_target:
        return kl_terms(input, target, log_target)
    t = target.exp()
    return t * (t.log() - input)


# ---- the zeros ---------------------------------------------------------------------------------------------------

MISTAKES.table(
    of_terms,
    kl_div_padded=(
        "A small number inside the logarithm avoids NaN by computing something slightly else. Protect the "
        "logarithm where the target is 0, and only there.",
        lambda x, t, log, *, eps=1e-6: kl_terms(x, t, log) if log else t * ((t + eps).log() - x),
        "I6",
    ),
    whole_term_masked=(
        "The whole term is masked where the target is 0. That hides an input of -inf or NaN beside it; torch's NaN "
        "there is to be seen. Only the target's logarithm needs protection.",
        lambda x, t, log: kl_terms(x, t, log).where(t != (-inf if log else 0), 0.0),
    ),
    negative_target_passes=(
        "A negative target passes as if it were a probability of 0. torch gives NaN: protect the logarithm at 0 only, "
        "and let it complain below.",
        lambda x, t, log: kl_terms(x, t, log) if log else t * ln(t) - t * x,
    ),
)

MISTAKES.terms(
    of_terms,
    truth=("t ln t", lambda x, t, log: t.exp() * t if log else t * t.where(t != 0, 1.0).log()),
    belief=("-t · input", lambda x, t, log: -weight(t, log) * x),
)
MISTAKES.table(
    of_terms,
    places_in_the_logarithm=(
        "With `log_target` the weight and the logarithm have changed places: it is exp(target) · (target - input).",
        (
            lambda x, t, log: t * (t.exp() - x) if log else kl_terms(x, t, log),
            lambda x, t, log: t * (t.exp().exp() - x) if log else kl_terms(x, t, log),
        ),
    ),
    target_without_logarithm=(
        "The target stands in the place of its logarithm: this is t · (t - input).",
        lambda x, t, log: weight(t, log) * ((t.exp() if log else t) - x),
    ),
    both_exponentials=(
        "Both arguments are compared as probabilities, without logarithms.",
        lambda x, t, log: weight(t, log) * (weight(t, log) - x.exp()),
    ),
    masses_added=(
        "exp(input) - target is added, as `scipy.special.kl_div` does. torch does not.",
        lambda x, t, log: kl_terms(x, t, log) + x.exp() - weight(t, log),
    ),
)
MISTAKES.table(
    of_terms,
    terms_squared=(
        "The difference of the logarithms is squared. A term is t · (ln t - input), with its sign.",
        lambda x, t, log: weight(t, log) * ((t if log else t.where(t != 0, 1.0).log()) - x).square(),
    ),
)
