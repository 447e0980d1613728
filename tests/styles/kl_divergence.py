"""Right answers to the exercises of notebook 02, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import math
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import singledispatchmethod

import torch
from torch import Tensor

# ---- distribution_cross_entropy ----------------------------------------------------------------------------------


def distribution_cross_entropy__loop(p, q):
    rows = []
    for p_row, q_row in zip(p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1]), strict=True):
        total = torch.zeros((), dtype=p.dtype)
        for a, b in zip(p_row, q_row, strict=True):
            if a > 0:
                total = total - a * b.log()
        rows.append(total)
    return torch.stack(rows).reshape(p.shape[:-1])


def distribution_cross_entropy__xlogy(p, q):
    return -torch.xlogy(p, q).sum(-1)


def distribution_cross_entropy__einsum(p, q):
    return torch.einsum("...k,...k->...", p, -q.masked_fill(p == 0, 1.0).log())


def distribution_cross_entropy__matmul(p, q):
    """A row of probabilities times a column of surprises, for every pair of the batch."""
    surprise = -(q + (p == 0)).log()
    return torch.matmul(p[..., None, :], surprise[..., :, None])[..., 0, 0]


def distribution_cross_entropy__boolean_indexing(p, q):
    happens = p > 0
    terms = torch.zeros_like(p)
    terms[happens] = p[happens] * -q[happens].log()
    return terms.sum(axis=-1)


def distribution_cross_entropy__vmap(p, q):
    def of_one(p, q):
        return -(p * torch.where(p > 0, q, 1.0).log()).sum()

    flat = torch.vmap(of_one)(p.flatten(0, -2), q.flatten(0, -2)) if p.ndim > 1 else of_one(p, q)
    return flat.reshape(p.shape[:-1])


class CrossEntropy(torch.autograd.Function):
    """Linear in p, and -p/q by q."""

    @staticmethod
    def forward(ctx, p, q):
        surprise = -torch.where(p > 0, q, 1.0).log()
        ctx.save_for_backward(p, q, surprise)
        return (p * surprise).sum(-1)

    @staticmethod
    def backward(ctx, grad):
        p, q, surprise = ctx.saved_tensors
        grad = grad.unsqueeze(-1)
        return grad * surprise, grad * torch.where(p > 0, -p / q, 0)


def distribution_cross_entropy__own_backward(p, q):
    return CrossEntropy.apply(p, q)


# ---- kl_divergence -----------------------------------------------------------------------------------------------


def kl_divergence__loop(p, q):
    rows = []
    for p_row, q_row in zip(p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1]), strict=True):
        rows.append(sum((a * (a / b).log() for a, b in zip(p_row, q_row, strict=True) if a > 0), start=0 * p_row[0]))
    return torch.stack(rows).reshape(p.shape[:-1])


def kl_divergence__two_entropies(p, q):
    """The whole surprise, less the surprise that nobody can avoid: H(p, q) - H(p)."""

    def surprise(weights, believed):
        return -(weights * torch.log(believed.masked_fill(weights == 0, 1))).sum(-1)

    return surprise(p, q) - surprise(p, p)


def kl_divergence__entr_and_xlogy(p, q):
    """By `torch.special`, which this exercise does not forbid; at p = 0 the slope is -inf, as it is on paper."""
    return -(torch.special.entr(p) + torch.special.xlogy(p, q)).sum(dim=-1)


def kl_divergence__einsum(p, q):
    ones = torch.ones_like(p)
    ratio = torch.where(p > 0, p, ones) / torch.where(p > 0, q, ones)
    return torch.einsum("...i,...i->...", p, ratio.log())


def kl_divergence__boolean_indexing(p, q):
    happens = p > 0
    terms = torch.zeros_like(p)
    terms[happens] = p[happens] * (p[happens].log() - q[happens].log())
    return terms.sum(-1)


def kl_divergence__masked_scatter(p, q):
    """The same out of place, with the list of what happens put back where it came from."""
    happens = p > 0
    a, b = p.masked_select(happens), q.masked_select(happens)
    return torch.zeros_like(p).masked_scatter(happens, a * torch.log(a / b)).sum(-1)


def kl_divergence__scatter_add(p, q):
    """Only the outcomes that happen, each added to the row that it belongs to."""
    outcomes = p.shape[-1]
    flat_p, flat_q = p.reshape(-1), q.reshape(-1)
    (places,) = torch.nonzero(flat_p, as_tuple=True)
    a, b = flat_p[places], flat_q[places]
    rows = p.new_zeros(p.numel() // outcomes)
    return rows.index_add(0, places // outcomes, a * (a.log() - b.log())).reshape(p.shape[:-1])


def kl_divergence__in_place_on_a_clone(p, q):
    terms, believed = p.clone(), q.clone()
    never = p == 0
    terms[never] = 1
    believed[never] = 1
    terms /= believed
    terms.log_()
    terms *= p
    return terms.sum(-1)


class KL(torch.autograd.Function):
    """By p the slope is ln p - ln q + 1, by q it is -p/q; where p is 0, nothing."""

    @staticmethod
    def forward(ctx, p, q):
        happens = p > 0
        log_ratio = torch.where(happens, p / q, 1).log()
        ctx.save_for_backward(happens, p, q, log_ratio)
        return (p * log_ratio).sum(-1)

    @staticmethod
    def backward(ctx, grad):
        happens, p, q, log_ratio = ctx.saved_tensors
        by_p = torch.where(happens, log_ratio + 1, 0)
        by_q = torch.where(happens, -p / q, 0)
        return grad[..., None] * by_p, grad[..., None] * by_q


def kl_divergence__own_backward(p, q):
    return KL.apply(p, q)


def kl_divergence__vmap(p, q):
    """Written for one outcome, lifted over every dimension, then summed over the last."""

    def of_outcome(a, b):
        return a * (torch.where(a > 0, a, 1.0).log() - torch.where(a > 0, b, 1.0).log())

    function = of_outcome
    for _ in p.shape:
        function = torch.func.vmap(function)
    return function(p, q).sum(-1)


def kl_divergence__recursive(p, q):
    """A batch is a stack of pairs; a pair is one outcome and the rest."""
    if p.ndim > 1:
        return torch.stack([kl_divergence__recursive(a, b) for a, b in zip(p, q, strict=True)])
    if len(p) == 0:
        return p.sum()
    (a, *_), (b, *_) = p, q
    first = a * torch.log(a / b) if a > 0 else 0 * a
    return first + kl_divergence__recursive(p[1:], q[1:])


# ---- js_divergence -----------------------------------------------------------------------------------------------


def js_divergence__entropies(p, q):
    """What the entropy of the middle has over the mean of the two entropies."""

    def entropy(p):
        return -(p * torch.where(p > 0, p, 1.0).log()).sum(-1)

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def js_divergence__loop(p, q):
    rows = []
    for p_row, q_row in zip(p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1]), strict=True):
        total = p_row.new_zeros(())
        for a, b in zip(p_row, q_row, strict=True):
            for x in (a, b):
                if x > 0:
                    total = total + x * (2 * x / (a + b)).log() / 2
        rows.append(total)
    return torch.stack(rows).reshape(p.shape[:-1])


def js_divergence__stacked(p, q):
    """Both at once: a new first dimension, averaged for the middle and again for the result."""
    both = torch.stack([p, q])
    middle = both.mean(dim=0, keepdim=True).expand_as(both)
    happens = both > 0
    log_ratio = torch.zeros_like(both)
    log_ratio[happens] = torch.log(both[happens] / middle[happens])
    return torch.einsum("s...k,s...k->...", both, log_ratio) / 2


def js_divergence__mutual_information(p, q):
    """What an outcome tells of the coin that decided between p and q: H(coin) - H(coin | outcome)."""
    joint = torch.stack([p, q], dim=-1) / 2
    outcome = joint.sum(-1, keepdim=True)
    of_coin = joint / torch.where(outcome > 0, outcome, 1)
    left = -torch.xlogy(joint, torch.where(joint > 0, of_coin, 1)).sum((-1, -2))
    return joint.sum((-1, -2)) * torch.log(p.new_tensor(2)) - left


class JensenShannon(torch.autograd.Function):
    """By p the slope is ln(p/m) / 2, by q it is ln(q/m) / 2."""

    @staticmethod
    def forward(ctx, p, q):
        middle = torch.lerp(p, q, 0.5)
        log_p, log_q = ((x / middle).masked_fill(x == 0, 1).log() for x in (p, q))
        ctx.save_for_backward(log_p, log_q)
        return (p * log_p + q * log_q).sum(-1) / 2

    @staticmethod
    def backward(ctx, grad):
        return tuple(grad.unsqueeze(-1) * slope / 2 for slope in ctx.saved_tensors)


def js_divergence__own_backward(p, q):
    return JensenShannon.apply(p, q)


def js_divergence__vmap(p, q):
    """The divergence from the middle is one function, mapped over the two sides."""
    middle = (p + q) / 2

    def from_middle(side):
        inside = side > 0
        return (side * (torch.where(inside, side, 1.0) / torch.where(inside, middle, 1.0)).log()).sum(-1)

    return torch.vmap(from_middle)(torch.stack([p, q])).mean(0)


# ---- gaussian_kl -------------------------------------------------------------------------------------------------


def gaussian_kl__variances(mean_p, std_p, mean_q, std_q):
    """As textbooks print it, in variances."""
    var_p, var_q = std_p.square(), std_q.square()
    return 0.5 * (torch.log(var_q / var_p) + (var_p + (mean_p - mean_q).square()) / var_q - 1)


def gaussian_kl__loop(mean_p, std_p, mean_q, std_q):
    """Four numbers at a time."""
    tensors = torch.broadcast_tensors(mean_p, std_p, mean_q, std_q)
    values = []
    for a, s, b, t in zip(*(x.reshape(-1) for x in tensors), strict=True):
        values.append(t.log() - s.log() + (s * s + (a - b) * (a - b)) / (2 * t * t) - 0.5)
    return torch.stack(values).reshape(tensors[0].shape)


def gaussian_kl__quadrature(mean_p, std_p, mean_q, std_q):
    """ln p - ln q is a parabola, so its mean under p is that of its values one deviation to the left and right."""

    def log_density(x, mean, std):
        return -torch.log(std) - ((x - mean) / std) ** 2 / 2

    def excess(x):
        return log_density(x, mean_p, std_p) - log_density(x, mean_q, std_q)

    return (excess(mean_p - std_p) + excess(mean_p + std_p)) / 2


def gaussian_kl__two_entropies(mean_p, std_p, mean_q, std_q):
    """H(p, q) - H(p), of densities: both have the same constant, which cancels."""

    def cross_entropy(mean, std):
        return torch.log(std) + (std_p**2 + (mean_p - mean) ** 2) / (2 * std**2)

    return cross_entropy(mean_q, std_q) - cross_entropy(mean_p, std_p)


def gaussian_kl__matrices(mean_p, std_p, mean_q, std_q):
    """The formula of many dimensions, with covariances of one row and one column."""
    mean_p, std_p, mean_q, std_q = torch.broadcast_tensors(mean_p, std_p, mean_q, std_q)
    cov_p, cov_q = (std.square()[..., None, None] for std in (std_p, std_q))
    shift = (mean_q - mean_p)[..., None, None]
    precision = torch.linalg.inv(cov_q)
    trace = torch.einsum("...ij,...ji->...", precision, cov_p)
    distance = (shift.mT @ precision @ shift)[..., 0, 0]
    return (trace + distance - 1 + torch.logdet(cov_q) - torch.logdet(cov_p)) / 2


class GaussianKL(torch.autograd.Function):
    """Four slopes on paper; the shapes are equal by now."""

    @staticmethod
    def forward(ctx, a, s, b, t):
        ctx.save_for_backward(a, s, b, t)
        return torch.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - 0.5

    @staticmethod
    def backward(ctx, grad):
        a, s, b, t = ctx.saved_tensors
        by_mean = (a - b) / t**2
        by_std_p = s / t**2 - 1 / s
        by_std_q = 1 / t - (s**2 + (a - b) ** 2) / t**3
        return grad * by_mean, grad * by_std_p, -grad * by_mean, grad * by_std_q


def gaussian_kl__own_backward(mean_p, std_p, mean_q, std_q):
    return GaussianKL.apply(*torch.broadcast_tensors(mean_p, std_p, mean_q, std_q))


class Gaussian:
    """Measures others in units of its own width."""

    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def seen_from(self, other):
        return Gaussian((self.mean - other.mean) / other.std, self.std / other.std)

    def from_standard(self):
        """KL from the standard normal, where the width is best kept as a logarithm."""
        log_std = self.std.log()
        return torch.expm1(2 * log_std) / 2 - log_std + self.mean**2 / 2


def gaussian_kl__class(mean_p, std_p, mean_q, std_q):
    return Gaussian(mean_p, std_p).seen_from(Gaussian(mean_q, std_q)).from_standard()


# ---- distillation_loss -------------------------------------------------------------------------------------------


def distillation_loss__loop(student_logits, teacher_logits, temperature):
    """Row by row, with `logsumexp` in place of `log_softmax`."""
    total = 0.0
    for student, teacher in zip(student_logits / temperature, teacher_logits / temperature, strict=True):
        log_q = student - torch.logsumexp(student, 0)
        log_p = teacher - torch.logsumexp(teacher, 0)
        for a, b in zip(log_p, log_q, strict=True):
            total = total + a.exp() * (a - b)
    return total * temperature * temperature / len(student_logits)


def distillation_loss__teacher_without_graph(student_logits, teacher_logits, temperature):
    """The teacher is not trained, so nothing of it is remembered."""
    with torch.no_grad():
        log_p = torch.log_softmax(teacher_logits / temperature, 1)
        p = log_p.exp()
    log_q = torch.log_softmax(student_logits / temperature, 1)
    return torch.einsum("nk,nk->", p, log_p - log_q) * temperature**2 / student_logits.size(0)


def distillation_loss__two_entropies(student_logits, teacher_logits, temperature):
    """The student's cross-entropy, less the teacher's entropy; the diagonal of a product holds the rows' sums."""
    p = (teacher_logits / temperature).softmax(dim=1)
    log_q = (student_logits / temperature).log_softmax(dim=1)
    cross = -torch.diagonal(p @ log_q.T)
    return temperature**2 * (cross - torch.special.entr(p).sum(1)).mean()


class Distillation(torch.autograd.Function):
    """By the student's logits the slope is T (q - p) / N."""

    @staticmethod
    def forward(ctx, student, teacher, temperature):
        log_q, log_p = ((x / temperature).log_softmax(-1) for x in (student, teacher))
        p = log_p.exp()
        ctx.save_for_backward(log_q, p)
        ctx.scale = temperature / len(student)
        return temperature**2 * (p * (log_p - log_q)).sum() / len(student)

    @staticmethod
    def backward(ctx, grad):
        log_q, p = ctx.saved_tensors
        return grad * ctx.scale * (log_q.exp() - p), None, None


def distillation_loss__own_backward(student_logits, teacher_logits, temperature):
    return Distillation.apply(student_logits, teacher_logits, temperature)


def distillation_loss__vmap(student_logits, teacher_logits, temperature):
    """One sample's loss, mapped over the batch."""

    def soften(logits):
        logits = logits / temperature
        shifted = logits - logits.max()
        return shifted - shifted.exp().sum().log()

    def of_sample(student, teacher):
        log_q, log_p = soften(student), soften(teacher)
        return torch.dot(log_p.exp(), log_p - log_q)

    return temperature**2 * torch.vmap(of_sample)(student_logits, teacher_logits).mean()


class Distiller(torch.nn.Module):
    """Holds the temperature, as a training script would."""

    def __init__(self, temperature):
        super().__init__()
        self.temperature = temperature
        self.log_softmax = torch.nn.LogSoftmax(dim=-1)

    def forward(self, student, teacher):
        log_q = self.log_softmax(student / self.temperature)
        log_p = self.log_softmax(teacher / self.temperature)
        return (log_p - log_q).mul(log_p.exp()).sum().div(len(student)).mul(self.temperature**2)


def distillation_loss__module(student_logits, teacher_logits, temperature):
    return Distiller(temperature)(student_logits, teacher_logits)


# ---- kl_div ------------------------------------------------------------------------------------------------------


def kl_div__loop(input, target, reduction="mean", log_target=False):
    """One element at a time; an empty batch has no element to stack."""
    losses = []
    for x, t in zip(input.reshape(-1), target.reshape(-1), strict=True):
        if log_target:
            losses.append(t.exp() * (t - x))
        elif t == 0:
            losses.append(-t * x)
        else:
            losses.append(t * t.log() - t * x)
    loss = torch.stack(losses).reshape(input.shape) if losses else input + target
    if reduction == "none":
        return loss
    total = loss.sum()
    if reduction == "mean":
        total = total / loss.numel()
    elif reduction == "batchmean":
        total = total / len(input)
    return total


def kl_div__xlogy(input, target, reduction="mean", log_target=False):
    """`xlogy` of a masked target: its own gradient at 0 would be NaN."""
    if log_target:
        loss = (target - input) * target.exp()
    else:
        loss = torch.xlogy(target, target.masked_fill(target == 0, 1)) - target * input
    reduce = {
        "none": lambda: loss,
        "sum": lambda: torch.sum(loss),
        "mean": lambda: torch.mean(loss),
        "batchmean": lambda: torch.sum(loss) / input.size(0),
    }
    return reduce[reduction]()


def kl_div__einsum(input, target, reduction="mean", log_target=False):
    dtype = torch.promote_types(input.dtype, target.dtype)
    input, target = input.to(dtype), target.to(dtype)
    p = target.exp() if log_target else target
    log_p = target if log_target else torch.log(p + (p == 0))
    if reduction == "none":
        return torch.einsum("...,...->...", p, log_p - input)
    total = torch.einsum("i,i->", p.flatten(), (log_p - input).flatten())
    return total / {"sum": 1, "mean": input.numel(), "batchmean": input.shape[0]}[reduction]


def kl_div__boolean_indexing(input, target, reduction="mean", log_target=False):
    """The logarithm is taken of those targets only that are not 0."""
    if log_target:
        weight, log_t = torch.exp(target), target
    else:
        weight, log_t = target, torch.zeros_like(target)
        log_t[target != 0] = torch.log(target[target != 0])
    loss = weight * (log_t - input)
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean":
            return loss.mean()
        case "batchmean":
            return loss.sum() / loss.shape[0]


def kl_div__in_place_on_a_clone(input, target, reduction="mean", log_target=False):
    """Every step in the same buffer, which is never the caller's."""
    loss = target.to(torch.promote_types(input.dtype, target.dtype), copy=True)
    if not log_target:
        loss[target == 0] = 1
        loss.log_()
    loss -= input
    loss *= target.exp() if log_target else target
    if reduction == "none":
        return loss
    loss = loss.sum()
    if reduction != "sum":
        loss /= target.numel() if reduction == "mean" else len(target)
    return loss


class KLTerm(torch.autograd.Function):
    """One term for each element; by the target the slope is ln t + 1 - x, or e^t (t + 1 - x)."""

    @staticmethod
    def forward(ctx, x, t, log_target):
        weight = t.exp() if log_target else t
        log_t = t if log_target else t.where(t != 0, 1).log()
        ctx.log_target = log_target
        ctx.save_for_backward(weight, log_t, x)
        return weight * log_t - weight * x if not log_target else weight * (log_t - x)

    @staticmethod
    def backward(ctx, grad):
        weight, log_t, x = ctx.saved_tensors
        slope = log_t + 1 - x
        return -grad * weight, grad * (weight * slope if ctx.log_target else slope), None


def kl_div__own_backward(input, target, reduction="mean", log_target=False):
    loss = KLTerm.apply(input, target, log_target)
    if reduction == "none":
        return loss
    divisors = {"sum": 1, "mean": loss.numel(), "batchmean": input.shape[0]}
    return loss.sum() / divisors[reduction]


def kl_div__vmap(input, target, reduction="mean", log_target=False):
    """The term of a single element, mapped over all of them."""

    def from_logs(x, t):
        return t.exp() * (t - x)

    def from_probabilities(x, t):
        return t * torch.where(t == 0, 1.0, t).log() - t * x

    term = torch.vmap(from_logs if log_target else from_probabilities)
    loss = term(input.flatten(), target.flatten()) if input.numel() else (input + target).flatten()
    if reduction == "none":
        return loss.view(input.shape)
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss.sum() / input.shape[0]


def kl_div__recursive(input, target, reduction="mean", log_target=False):
    """A sum is the sum of its rows' sums; the other reductions follow from it."""
    if reduction == "none":
        log_t = target if log_target else torch.where(target == 0, torch.ones_like(target), target).log()
        return (target.exp() if log_target else target) * (log_t - input)
    if reduction == "sum":
        if input.ndim == 0 or len(input) == 0:
            return kl_div__recursive(input, target, "none", log_target).sum()
        return sum(kl_div__recursive(x, t, "sum", log_target) for x, t in zip(input, target, strict=True))
    size = input.numel() if reduction == "mean" else len(input)
    return kl_div__recursive(input, target, "sum", log_target) / size


class KLDiv:
    """Both flags are settled before any tensor is seen."""

    def __init__(self, reduction, log_target):
        self.logs = self.given_logs if log_target else self.given_probabilities
        self.reduce = getattr(self, reduction)

    def __call__(self, input, target):
        p, log_p = self.logs(target)
        return self.reduce(p * (log_p - input))

    @staticmethod
    def given_logs(target):
        return target.exp(), target

    @staticmethod
    def given_probabilities(target):
        return target, torch.where(target == 0, 1, target).log()

    @staticmethod
    def none(loss):
        return loss

    @staticmethod
    def sum(loss):
        return loss.sum()

    @staticmethod
    def mean(loss):
        return loss.sum() / loss.numel()

    @staticmethod
    def batchmean(loss):
        return loss.sum() / loss.size(0)


def kl_div__class(input, target, reduction="mean", log_target=False):
    return KLDiv(reduction, log_target)(input, target)


REDUCTIONS = {}


def reduction_called(name):
    """Enters a function in the table, as plug-ins do."""

    def enter(function):
        REDUCTIONS[name] = function
        return function

    return enter


@reduction_called("none")
def as_it_is(loss):
    return loss


@reduction_called("batchmean")
def mean_over_rows(loss):
    return loss.sum() / loss.shape[0]


REDUCTIONS["sum"] = torch.sum
REDUCTIONS["mean"] = torch.mean


def kl_div__registry(input, target, reduction="mean", log_target=False):
    p, log_p = (target.exp(), target) if log_target else (target, target.masked_fill(target == 0, 1).log())
    return REDUCTIONS[reduction](p * log_p - p * input if not log_target else p * (log_p - input))


# ---- keras_kl_divergence -------------------------------------------------------------------------------------


def keras_kl_divergence__difference_of_logs(y_true, y_pred):
    p = torch.clip(y_true.type_as(y_pred), 1e-7, 1)
    return (p * p.log() - p * torch.clip(y_pred, 1e-7, 1).log()).sum(-1)


def keras_kl_divergence__xlogy(y_true, y_pred):
    """After the clip there is nothing left for xlogy to protect, and no harm in it."""
    p, q = (torch.clamp(x.to(y_pred.dtype), min=1e-7, max=1.0) for x in (y_true, y_pred))
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=-1)


def keras_kl_divergence__min_and_max(y_true, y_pred):
    """The two ends one after the other, the other one first."""
    low, high = y_pred.new_tensor(1e-7), y_pred.new_tensor(1.0)
    p = torch.maximum(torch.minimum(y_true.to(y_pred), high), low)
    q = torch.maximum(torch.minimum(y_pred, high), low)
    return torch.einsum("...k,...k->...", p, torch.log(p) - torch.log(q))


def keras_kl_divergence__where(y_true, y_pred):
    def clip(x):
        x = torch.where(x < 1e-7, torch.full_like(x, 1e-7), x)
        return torch.where(x > 1, torch.ones_like(x), x)

    p, q = clip(y_true.to(y_pred.dtype)), clip(y_pred)
    return torch.sum(p * torch.log(p / q), -1)


def keras_kl_divergence__columns(y_true, y_pred):
    """Outcome after outcome, all rows at once."""
    total = torch.zeros_like(y_pred[..., 0])
    for p, q in zip(y_true.to(y_pred.dtype).unbind(-1), y_pred.unbind(-1), strict=True):
        p, q = p.clamp(1e-7, 1), q.clamp(1e-7, 1)
        total = total + p * (p.log() - q.log())
    return total


class ClippedKL(torch.autograd.Function):
    """By y_true the slope is ln(p/q) + 1, by y_pred -p/q, and 0 where the clip holds."""

    @staticmethod
    def forward(ctx, y_true, y_pred):
        p, q = y_true.clamp(1e-7, 1), y_pred.clamp(1e-7, 1)
        ctx.save_for_backward(p, q, y_true == p, y_pred == q)
        return (p * (p / q).log()).sum(-1)

    @staticmethod
    def backward(ctx, grad):
        p, q, p_moves, q_moves = ctx.saved_tensors
        grad = grad.unsqueeze(-1)
        return grad * ((p / q).log() + 1) * p_moves, -grad * p / q * q_moves


def keras_kl_divergence__own_backward(y_true, y_pred):
    return ClippedKL.apply(y_true.to(y_pred.dtype), y_pred)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def plogq(p: Tensor, q: Tensor) -> Tensor:
    """p ln q; 0 where p is 0."""
    return p * q.masked_fill(p == 0, 1.0).log()


class OddKL:
    """Another library's class."""

    def __new__(cls, p: Tensor, q: Tensor, *, base: float | None = None):
        self = super().__new__(cls)
        self.__init__(p, q, base=base)
        return self.value

    def __init__(self, p, q, *, base=None):
        self._p, self._q = p, q
        self._base = base

    @property
    def value(self) -> Tensor:
        out = (plogq(self._p, self._p) - plogq(self._p, self._q)).sum(-1)
        return out if self._base is None else out / math.log(self._base)


kl_divergence__class_with_new = OddKL


def js_divergence__recursion(p, q):
    """Pairs of halves."""

    def js(a: list[Tensor], b: list[Tensor]) -> Tensor:
        if len(a) == 1:
            x, y, m = a[0], b[0], (a[0] + b[0]) / 2
            return (plogq(x, x) + plogq(y, y)) / 2 - plogq(m, m)
        n = len(a) // 2
        return js(a[:n], b[:n]) + js(a[n:], b[n:])

    return js(list(p.unbind(-1)), list(q.unbind(-1)))


@dataclass
class Normal:
    """My own, not torch's."""

    μ: Tensor
    σ: Tensor

    def __or__(self, other: "Normal") -> Tensor:
        ratio = self.σ / other.σ
        return ((self.μ - other.μ) / other.σ).square() / 2 + (ratio**2 - 1) / 2 - ratio.log()


def gaussian_kl__or(mean_p, std_p, mean_q, std_q):
    return Normal(mean_p, std_p) | Normal(μ=mean_q, σ=std_q)


def gaussian_kl__hypot(mean_p, std_p, mean_q, std_q):
    z = torch.hypot(std_p, mean_p - mean_q) / std_q
    return std_q.log() - std_p.log() + (z.square() - 1) / 2


def softened(z: Tensor, T: float) -> tuple[Tensor, Tensor]:
    z = z / T
    z = z - z.amax(1, keepdim=True)
    e = z.exp()
    total = e.sum(1, keepdim=True)
    return e / total, z - total.log()


def distillation_loss__walrus(student_logits, teacher_logits, temperature):
    p, ln_p = softened(teacher_logits, T := temperature)
    _, ln_q = softened(student_logits, T)
    return T * T * (p * (ln_p - ln_q)).sum() / len(p)


@unique
class How(StrEnum):
    NONE = "none"
    MEAN = "mean"
    SUM = "sum"
    BATCHMEAN = "batchmean"

    def __call__(self, x: Tensor) -> Tensor:
        return {How.NONE: lambda: x, How.MEAN: x.mean, How.SUM: x.sum, How.BATCHMEAN: lambda: x.sum() / x.shape[0]}[
            self
        ]()


def kl_div__str_enum(input, target, reduction="mean", log_target=False):
    if log_target:
        return How(reduction)(target.exp() * (target - input))
    return How(reduction)(torch.special.xlogy(target, target) - target * input)


class Div:
    @singledispatchmethod
    def terms(self, log_target, input, target):
        raise NotImplementedError

    @terms.register
    def _(self, log_target: bool, input, target):
        if log_target:
            return target.exp() * (target - input)
        x = -torch.special.entr(target)
        return torch.where(target < 0, math.nan, x) - target * input


def kl_div__singledispatchmethod(input, target, reduction="mean", log_target=False):
    return How(reduction)(Div().terms(log_target, input, target))
