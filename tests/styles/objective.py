"""Right answers to the exercises of notebook 00, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import enum
import operator
from dataclasses import KW_ONLY, dataclass
from functools import singledispatch
from typing import ClassVar, overload

import torch
import torch as t
from torch import Tensor, nn

# ---- squared_error -----------------------------------------------------------------------------------------------


def squared_error__loop(prediction, target):
    """One sample at a time, put together at the end."""
    losses = []
    for guess, truth in zip(prediction.reshape(-1), target.reshape(-1), strict=True):
        losses.append((guess - truth) * (guess - truth))
    return torch.stack(losses).reshape(prediction.shape)


def squared_error__binomial(prediction, target):
    """No difference is ever formed."""
    return prediction**2 - 2 * prediction * target + target**2


def squared_error__einsum(prediction, target):
    distance = torch.abs(target - prediction)
    return torch.einsum("...,...->...", distance, distance)


def squared_error__in_place_on_a_clone(prediction, target):
    return prediction.clone().sub_(target).square_()


class Square(torch.autograd.Function):
    """The gradient on paper: 2 (prediction - target), and its opposite for the target."""

    @staticmethod
    def forward(ctx, prediction, target):
        distance = prediction - target
        ctx.save_for_backward(distance)
        return distance * distance

    @staticmethod
    def backward(ctx, grad):
        (distance,) = ctx.saved_tensors
        return 2 * grad * distance, -2 * grad * distance


def squared_error__own_backward(prediction, target):
    return Square.apply(prediction, target)


def squared_error__vmap(prediction, target):
    def one(guess, truth):
        return (guess - truth).pow(2)

    return torch.vmap(one)(prediction.flatten(), target.flatten()).view_as(prediction)


# ---- cost --------------------------------------------------------------------------------------------------------


def cost__loop(prediction, target):
    total = 0.0
    for guess, truth in zip(prediction.flatten(), target.flatten(), strict=True):
        total += (guess - truth) ** 2
    return total / prediction.numel()


def cost__dot_product(prediction, target):
    distance = (prediction - target).ravel()
    return distance @ distance / len(distance)


def cost__variance(prediction, target):
    """The mean of squares is the square of the mean, and the variance."""
    distance = prediction - target
    return distance.mean() ** 2 + distance.var(correction=0)


def cost__norm(prediction, target):
    distance = prediction - target
    return torch.linalg.vector_norm(distance) ** 2 / distance.numel()


class Cost(torch.autograd.Function):
    """The whole cost as one node of the graph."""

    @staticmethod
    def forward(ctx, prediction, target):
        ctx.save_for_backward(prediction - target)
        return (prediction - target).square().mean()

    @staticmethod
    def backward(ctx, grad):
        (distance,) = ctx.saved_tensors
        slope = grad * 2 * distance / distance.numel()
        return slope, -slope


def cost__own_backward(prediction, target):
    return Cost.apply(prediction, target)


def mean_of(losses):
    """The mean of the two halves' means, each weighted by its share."""
    if len(losses) == 1:
        return losses[0]
    half = len(losses) // 2
    share = half / len(losses)
    return share * mean_of(losses[:half]) + (1 - share) * mean_of(losses[half:])


def cost__recursive(prediction, target):
    return mean_of(torch.square(target - prediction).reshape(-1))


class MeanSquaredError(torch.nn.Module):
    """The loss as torch's own classes are written."""

    def forward(self, prediction, target):
        return torch.mean((prediction - target).pow(2))


cost__module = MeanSquaredError()


# ---- batch_cost --------------------------------------------------------------------------------------------------


def batch_cost__loop(means, sizes):
    total, samples = 0.0, 0
    for mean, size in zip(means, sizes.tolist(), strict=True):
        total = total + mean * size
        samples += size
    return total / samples


def batch_cost__shares(means, sizes):
    """A mean of means after all, weighted by the batches' shares."""
    return torch.dot(means, (sizes / sizes.sum()).to(means.dtype))


def batch_cost__one_by_one(means, sizes):
    """Every sample stands for its batch's mean."""
    return torch.repeat_interleave(means, sizes).mean()


def batch_cost__running_mean(means, sizes):
    """The mean so far moves towards each batch by that batch's share."""
    mean, seen = means[0], sizes[0]
    for batch, size in zip(means[1:], sizes[1:], strict=True):
        seen = seen + size
        mean = mean + (batch - mean) * size / seen
    return mean


def batch_cost__einsum(means, sizes):
    return torch.einsum("b,b->", means, sizes.to(means.dtype)).div(sizes.sum())


# ---- l2_penalty --------------------------------------------------------------------------------------------------


def l2_penalty__loop(weights):
    price = weights.new_zeros(())
    for weight in weights.reshape(-1):
        price = price + weight**2
    return price


def l2_penalty__dot_product(weights):
    flat = weights.flatten()
    return flat @ flat


def l2_penalty__norm_squared(weights):
    return torch.linalg.vector_norm(weights) ** 2


class SumOfSquares(torch.autograd.Function):
    """The pull on paper: twice the weight."""

    @staticmethod
    def forward(ctx, weights):
        ctx.save_for_backward(weights)
        return (weights * weights).sum()

    @staticmethod
    def backward(ctx, grad):
        (weights,) = ctx.saved_tensors
        return 2 * grad * weights


def l2_penalty__own_backward(weights):
    return SumOfSquares.apply(weights)


def l2_penalty__double(weights):
    """Computed in float64, given back in the caller's type."""
    return weights.double().pow(2).sum().to(weights.dtype)


# ---- l1_penalty --------------------------------------------------------------------------------------------------


def l1_penalty__sign(weights):
    return (weights * torch.sign(weights).detach()).sum()


def l1_penalty__two_sides(weights):
    """What is positive, and what is negative turned round."""
    return torch.relu(weights).sum() + torch.relu(-weights).sum()


def l1_penalty__norm(weights):
    return torch.linalg.vector_norm(weights, ord=1)


def l1_penalty__larger_of_both(weights):
    """At 0 the two share the gradient, +½ and -½."""
    return torch.maximum(weights, -weights).sum()


def l1_penalty__loop(weights):
    price = weights.new_zeros(())
    for weight in weights.ravel():
        if weight > 0:
            price = price + weight
        elif weight < 0:
            price = price - weight
    return price + 0 * weights.sum()


# ---- objective ---------------------------------------------------------------------------------------------------


def objective__one_line(prediction, target, weights, strength):
    return ((prediction - target) ** 2).mean() + strength * (weights**2).sum()


def objective__rows(prediction, target, weights, strength):
    """Ridge regression's old trick: a price is the loss of further samples, one a weight, whose target is 0."""
    errors = (prediction - target).flatten()
    more = weights.flatten() * (strength * errors.numel()) ** 0.5
    return torch.cat([errors, more]).square().sum() / errors.numel()


def objective__each_sample_pays(prediction, target, weights, strength):
    """The mean of (loss + price) is the mean of the losses, and the price."""
    price = strength * torch.tensordot(weights, weights, dims=weights.ndim)
    return torch.mean((target - prediction).square() + price)


def objective__ready_made_cost(prediction, target, weights, strength):
    return torch.nn.functional.mse_loss(prediction, target).add(weights.square().sum(), alpha=strength)


def objective__loop(prediction, target, weights, strength):
    cost = sum((p - t) ** 2 for p, t in zip(prediction.ravel(), target.ravel(), strict=True)) / prediction.numel()
    return cost + sum(strength * w * w for w in weights.ravel())


# ---- soft_threshold ----------------------------------------------------------------------------------------------


def soft_threshold__three_cases(weights, threshold):
    middle = torch.zeros_like(weights)
    down = torch.where(weights > threshold, weights - threshold, middle)
    return torch.where(weights < -threshold, weights + threshold, down)


def soft_threshold__two_relus(weights, threshold):
    return torch.relu(weights - threshold) - torch.relu(-weights - threshold)


def soft_threshold__take_away_the_middle(weights, threshold):
    return weights - weights.clamp(-threshold, threshold)


def soft_threshold__loop(weights, threshold):
    moved = []
    for weight in weights.flatten().tolist():
        size = max(abs(weight) - threshold, 0.0)
        moved.append(size if weight > 0 else -size)
    return torch.tensor(moved, dtype=weights.dtype).reshape(weights.shape)


def soft_threshold__shrink_factor(weights, threshold):
    """What share of each weight is left."""
    size = weights.abs()
    safe = torch.where(size == 0, 1.0, size)
    return weights * (1 - threshold / safe).clamp(min=0)


# ---- sgd_step ----------------------------------------------------------------------------------------------------


def sgd_step__decay_first(weights, gradient, learning_rate, weight_decay):
    return (1 - learning_rate * weight_decay) * weights - learning_rate * gradient


def sgd_step__torch_optim(weights, gradient, learning_rate, weight_decay):
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = gradient.clone()
    torch.optim.SGD([parameter], lr=learning_rate, weight_decay=weight_decay).step()
    return parameter.detach()


def sgd_step__autograd(weights, gradient, learning_rate, weight_decay):
    """The gradient of an objective: a cost that is linear in the weights, and the price."""
    w = weights.detach().clone().requires_grad_()
    objective = (gradient * w).sum() + weight_decay / 2 * w.square().sum()
    objective.backward()
    return (w - learning_rate * w.grad).detach()


def sgd_step__in_place_on_a_clone(weights, gradient, learning_rate, weight_decay):
    pull = gradient.clone().add_(weights, alpha=weight_decay)
    return weights.clone().sub_(pull, alpha=learning_rate)


def sgd_step__lerp(weights, gradient, learning_rate, weight_decay):
    """Decay is a step towards 0."""
    return torch.lerp(weights, torch.zeros_like(weights), learning_rate * weight_decay) - gradient * learning_rate


def sgd_step__loop(weights, gradient, learning_rate, weight_decay):
    stepped = torch.empty_like(weights).reshape(-1)
    for i, (w, g) in enumerate(zip(weights.reshape(-1), gradient.reshape(-1), strict=True)):
        stepped[i] = w - learning_rate * (g + weight_decay * w)
    return stepped.reshape(weights.shape)


# ---- adam_first_step ---------------------------------------------------------------------------------------------


def adam_first_step__sign(weights, gradient, learning_rate, weight_decay, decoupled):
    """A step of full length, less the share that 1e-8 is of what stands below the line."""
    pull = gradient if decoupled else gradient + weight_decay * weights
    step = pull.sign() * (1 - 1e-8 / (pull.abs() + 1e-8))
    return weights - learning_rate * (step + weight_decay * weights if decoupled else step)


def adam_first_step__torch_optim(weights, gradient, learning_rate, weight_decay, decoupled):
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = gradient.clone()
    optimizer = torch.optim.AdamW if decoupled else torch.optim.Adam
    optimizer([parameter], lr=learning_rate, weight_decay=weight_decay).step()
    return parameter.detach()


def adam_first_step__both_means(weights, gradient, learning_rate, weight_decay, decoupled, betas=(0.9, 0.999)):
    """All of Adam, its means corrected, for one step."""
    if not decoupled:
        gradient = torch.add(gradient, weights, alpha=weight_decay)
    mean = torch.lerp(torch.zeros_like(gradient), gradient, 1 - betas[0]) / (1 - betas[0])
    square = (1 - betas[1]) * gradient**2 / (1 - betas[1])
    kept = weights.mul(1 - learning_rate * weight_decay) if decoupled else weights
    return kept.addcdiv(mean, square.sqrt() + 1e-8, value=-learning_rate)


def adam_first_step__flag_as_number(weights, gradient, learning_rate, weight_decay, decoupled):
    inside, outside = (1 - decoupled) * weight_decay, decoupled * weight_decay
    pull = gradient + inside * weights
    return weights - learning_rate * (outside * weights + pull / (pull.square().sqrt() + 1e-8))


def adam_first_step__masked(weights, gradient, learning_rate, weight_decay, decoupled):
    """Only what is pulled at all moves."""
    pull = gradient if decoupled else gradient + weight_decay * weights
    stepped = weights - learning_rate * weight_decay * weights if decoupled else weights.clone()
    moving = pull != 0
    stepped[moving] -= learning_rate * pull[moving] / (pull[moving].abs() + 1e-8)
    return stepped


def adam_first_step__one_weight_at_a_time(weights, gradient, learning_rate, weight_decay, decoupled):
    def step(w, g):
        share = 1 - learning_rate * weight_decay if decoupled else 1.0
        pull = g if decoupled else g + weight_decay * w
        return share * w - learning_rate * pull / (pull.abs() + 1e-8)

    if weights.ndim == 0:
        return step(weights, gradient)
    return torch.stack([step(w, g) for w, g in zip(weights.ravel(), gradient.ravel(), strict=True)]).view_as(weights)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def squared_error__conj_imag(prediction, target):
    z = torch.complex(torch.zeros_like(prediction), prediction - target)
    return (-1j * (z.conj() * z).conj()).conj().imag


def squared_error__negative_view(prediction, target):
    d = prediction - target
    return torch.complex(torch.zeros_like(d), -d * d).conj().imag


@dataclass(frozen=True, slots=True)
class Power:
    exponent: int = 2
    _: KW_ONLY
    name: str = "square"
    known: ClassVar[dict[str, int]] = {}

    def __call__(self, a, b):
        return operator.pow(a - b, self.exponent)


squared_error__dataclass = Power()


@overload
def cost__overloaded(prediction: Tensor, target: Tensor) -> Tensor: ...


@overload
def cost__overloaded(prediction: Tensor, target: float) -> Tensor: ...


def cost__overloaded(prediction, target):
    return t.mean(t.square(t.sub(prediction, target)))


class OddCost(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("_two", torch.tensor(2), persistent=False)

    @property
    def power(self) -> int:
        return int(self._two)

    def forward(self, prediction, target):
        return (prediction - target).pow(self.power).mean()


cost__module_with_buffer = OddCost()


def cost__buffer_outside(prediction, target):
    module = OddCost()
    return ((prediction - target) ** module._two).mean()


class Welford:
    """Running mean."""

    def __init__(self):
        self.n, self.mean = 0, 0.0

    def __iadd__(self, other):
        m, k = other
        self.n += k
        self.mean = self.mean + (m - self.mean) * (k / self.n) if k else self.mean
        return self


def batch_cost__welford(means, sizes):
    w = Welford()
    for pair in zip(means.unbind(), sizes.tolist(), strict=True):
        w += pair
    return w.mean


class Abs(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x.abs()

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x.sign())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return None if g is None else g * ctx.saved_tensors[0]


def l1_penalty__once_differentiable(weights):
    return Abs.apply(weights).sum()


@singledispatch
def price(how, w):
    raise TypeError(type(how))


@price.register
def _(how: int, w):
    return w.abs().pow(how).sum()


@price.register(str)
def _named(how, w):
    return price({"l1": 1, "l2": 2}[how], w)


def l2_penalty__singledispatch(weights):
    return price("l2", weights)


def objective__singledispatch(prediction, target, weights, strength):
    return price(2, prediction - target) / prediction.numel() + strength * price(2, weights)


class Registry(dict):
    def term(self, name, *, needs):
        def keep(function):
            self[name] = (function, needs)
            return function

        return keep


TERMS = Registry()


@TERMS.term("fit", needs=("prediction", "target"))
def fit(prediction, target):
    return (prediction - target).square().mean()


@TERMS.term("price", needs=("weights", "strength"))
def decay(weights, strength):
    return strength * weights.square().sum()


def objective__registry_instance(prediction, target, weights, strength):
    given = locals()
    return sum(function(*(given[n] for n in needs)) for function, needs in TERMS.values())


class Term:
    known: ClassVar = []

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Term.known.append(cls)


class Fit(Term):
    def __call__(self, p, y, w, s):
        return (p - y).square().mean()


class Price(Term):
    def __call__(self, p, y, w, s):
        return s * w.square().sum()


def objective__subclasses_register(prediction, target, weights, strength):
    return sum(term()(prediction, target, weights, strength) for term in Term.known)


def soft_threshold__median(weights, threshold):
    """The median of w - t, w + t and 0."""
    return torch.stack([weights - threshold, weights + threshold, torch.zeros_like(weights)]).sort(0).values[1]


class SGD:
    __slots__ = ("_decay", "_lr")

    def __init__(self, *, lr: float, decay: float = 0.0):
        object.__setattr__(self, "_lr", lr)
        self._decay = decay

    def __matmul__(self, wg):
        w, g = wg
        return w - self._lr * (g + self._decay * w)


def sgd_step__matmul_operator(weights, gradient, learning_rate, weight_decay):
    return SGD(lr=learning_rate, decay=weight_decay) @ (weights, gradient)


def sgd_step__private_outside(weights, gradient, learning_rate, weight_decay):
    o = SGD(lr=learning_rate, decay=weight_decay)
    return weights - o._lr * (gradient + o._decay * weights)


class Adam(enum.Enum):
    PLAIN = False
    W = True

    @classmethod
    def _missing_(cls, value):
        return cls.W if value else cls.PLAIN

    def step(self, w, g, lr, λ):
        match self:
            case Adam.PLAIN:
                g = g + λ * w
            case Adam.W:
                w = w * (1 - lr * λ)
        return w - lr * g / (g.abs() + 1e-8)


def adam_first_step__enum_map(weights, gradient, learning_rate, weight_decay, decoupled):
    return Adam._value2member_map_[bool(decoupled)].step(weights, gradient, learning_rate, weight_decay)
