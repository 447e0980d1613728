"""Right answers to the exercises of notebook 07, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import math
from decimal import Decimal, getcontext
from functools import cache

import torch


class Law:
    """A distribution of one's own: what stands in the exponent, and what divides it."""

    def __init__(self, exponent, log_total):
        self.exponent = exponent
        self.log_total = log_total

    def log_prob(self, x):
        return self.exponent(x) - self.log_total


def normal(mean, std):
    return Law(lambda x: -((x - mean) / std).square() / 2, (std * math.sqrt(math.tau)).log())


# ---- poisson_nll -------------------------------------------------------------------------------------------------


def poisson_nll__where(rate, count):
    """Nothing expected and nothing there: only the rate itself is left."""
    rate, count = torch.broadcast_tensors(rate, count)
    nothing = count == 0
    safe = torch.where(nothing, 1.0, rate)
    return rate - torch.where(nothing, 0.0, count * safe.log()) + torch.lgamma(count + 1.0)


def poisson_nll__loop(rate, count):
    """ln of n! is a sum of logarithms."""
    rate, count = torch.broadcast_tensors(rate, count)
    surprises = []
    for r, n in zip(rate.reshape(-1), count.reshape(-1).tolist(), strict=True):
        surprise = r
        if n > 0:
            surprise = surprise - n * torch.log(r) + math.lgamma(n + 1)
        surprises.append(surprise)
    return torch.stack(surprises).reshape(rate.shape)


def poisson_nll__product_of_shares(rate, count):
    """P(n) = e^-r · (r/1) · (r/2) ⋯ (r/n): as many logarithms as counts, masked where there are fewer."""
    rate, count = torch.broadcast_tensors(rate, count)
    steps = torch.arange(1, int(count.max()) + 1 if count.numel() else 1, dtype=rate.dtype)
    happens = steps <= count.unsqueeze(-1)
    shares = torch.where(happens, rate.unsqueeze(-1) / steps, 1.0)
    return rate - shares.log().sum(-1)


def poisson_nll__boolean_indexing(rate, count):
    rate, count = torch.broadcast_tensors(rate, count)
    count = count.to(rate.dtype)
    some = count > 0
    surprise = rate.clone()
    surprise[some] += torch.lgamma(count[some] + 1) - count[some] * rate[some].log()
    return surprise


def poisson_nll__own_distribution(rate, count):
    """The law is kept from a rate of 0, where its slope would be NaN."""
    rate, count = torch.broadcast_tensors(rate, count)
    never = rate == 0
    some = torch.where(never, 1.0, rate)
    law = Law(lambda n: n * some.log() - torch.lgamma(n + 1), some)
    impossible = torch.where(count == 0, 0.0, torch.inf)
    return torch.where(never, rate + impossible, -law.log_prob(count.to(rate.dtype)))


class PoissonSurprise(torch.autograd.Function):
    """By the rate the slope is 1 - n/r; a count has none that anybody needs."""

    @staticmethod
    def forward(ctx, rate, count):
        ctx.save_for_backward(rate, count)
        return rate - torch.xlogy(count, rate) + torch.lgamma(count + 1.0)

    @staticmethod
    def backward(ctx, grad):
        rate, count = ctx.saved_tensors
        slope = 1 - torch.where(count > 0, count / rate, 0)
        return grad * slope, None


def poisson_nll__own_backward(rate, count):
    return PoissonSurprise.apply(*torch.broadcast_tensors(rate, count))


def poisson_nll__vmap(rate, count):
    rate, count = torch.broadcast_tensors(rate, count)

    def one(r, n):
        log_r = torch.where(n > 0, r, 1.0).log()
        return r - n * log_r + torch.special.gammaln(n + 1.0)

    return torch.vmap(one)(rate.reshape(-1), count.reshape(-1)).reshape(rate.shape)


def poisson_nll__double(rate, count):
    """Large counts cost digits: three large numbers nearly cancel."""
    r, n = rate.double(), count.double()
    r, n = torch.broadcast_tensors(r, n)
    log_r = r.masked_fill(n == 0, 1).log()
    return (torch.lgamma(n + 1) + r - n * log_r).to(rate.dtype)


# ---- stirling ----------------------------------------------------------------------------------------------------


def stirling__where(count):
    large = count > 1
    n = torch.where(large, count, 2.0)
    return torch.where(large, n * n.log() - n + 0.5 * torch.log(2 * math.pi * n), 0.0)


def stirling__one_logarithm(count):
    """(n + ½) ln n - n + ½ ln 2π."""
    n = count.masked_fill(count <= 1, 1.0)
    value = (n + 0.5) * n.log() - n + 0.5 * math.log(2 * math.pi)
    return value * (count > 1)


def stirling__boolean_indexing(count):
    value = torch.zeros_like(count)
    large = count > 1
    n = count[large]
    value[large] = n * (n.log() - 1) + torch.log(torch.sqrt(2 * torch.pi * n))
    return value


def stirling__masked_scatter(count):
    large = count > 1
    n = count.masked_select(large)
    return torch.zeros_like(count).masked_scatter(large, torch.xlogy(n, n / math.e) + (math.tau * n).log() / 2)


def stirling__loop(count):
    values = []
    for n in count.reshape(-1):
        match bool(n > 1):
            case True:
                values.append(n * n.log() - n + (2 * math.pi * n).log() / 2)
            case False:
                values.append(n.detach() * 0)
    return torch.stack(values).reshape(count.shape)


class Stirling(torch.autograd.Function):
    """The slope is ln n + 1/(2n)."""

    @staticmethod
    def forward(ctx, count):
        ctx.save_for_backward(count)
        n = count.clamp(min=1)
        return torch.where(count > 1, n * n.log() - n + 0.5 * (2 * math.pi * n).log(), 0)

    @staticmethod
    def backward(ctx, grad):
        (count,) = ctx.saved_tensors
        n = count.clamp(min=1)
        return grad * (n.log() + 0.5 / n) * (count > 1)


def stirling__own_backward(count):
    return Stirling.apply(count)


# ---- poisson_nll_loss --------------------------------------------------------------------------------------------


def reduced(loss, reduction):
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean":
            return loss.mean()
    raise ValueError(f"{reduction} is not a valid value for reduction")


def poisson_nll_loss__if_by_if(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    loss = -target * (input if log_input else torch.log(input + eps))
    if log_input:
        loss = loss + torch.exp(input)
    if not log_input:
        loss = loss + input
    if full:
        loss = loss + stirling__where(target.to(loss.dtype))
    if reduction == "mean":
        loss = torch.mean(loss)
    if reduction == "sum":
        loss = torch.sum(loss)
    return loss


def poisson_nll_loss__loop(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """One count at a time."""
    input, target = torch.broadcast_tensors(input, target)
    losses = []
    for x, n in zip(input.reshape(-1), target.reshape(-1), strict=True):
        loss = x.exp() - n * x if log_input else x - n * (x + eps).log()
        if full and n > 1:
            loss = loss + n * n.log() - n + torch.log(2 * math.pi * n) / 2
        losses.append(loss)
    return reduced(torch.stack(losses).reshape(input.shape) if losses else input + target, reduction)


def poisson_nll_loss__einsum(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """The two terms are summed apart; the second is a product."""
    dtype = torch.result_type(input, target)
    x, n = torch.broadcast_tensors(input.to(dtype), target.to(dtype))
    rate, log_rate = (x.exp(), x) if log_input else (x, (x + eps).log())
    constant = stirling__one_logarithm(n) if full else torch.zeros_like(n)
    if reduction == "none":
        return rate - torch.einsum("...,...->...", n, log_rate) + constant
    total = rate.sum() - torch.einsum("i,i->", n.reshape(-1), log_rate.reshape(-1)) + constant.sum()
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / x.numel()
    raise ValueError(f"reduction={reduction!r}")


class PoissonTerm(torch.autograd.Function):
    """By the logarithm: e^x - n, and by the count: -x."""

    @staticmethod
    def forward(ctx, x, n):
        ctx.save_for_backward(x, n)
        return x.exp() - n * x

    @staticmethod
    def backward(ctx, grad):
        x, n = ctx.saved_tensors
        by_x, by_n = grad * (x.exp() - n), -grad * x
        return by_x.to(x.dtype), by_n.to(n.dtype) if n.is_floating_point() else None


class PoissonRateTerm(torch.autograd.Function):
    """By the rate: 1 - n / (r + eps)."""

    @staticmethod
    def forward(ctx, r, n, eps):
        ctx.eps = eps
        ctx.save_for_backward(r, n)
        return r - n * torch.log(r + eps)

    @staticmethod
    def backward(ctx, grad):
        r, n = ctx.saved_tensors
        by_n = -grad * (r + ctx.eps).log() if n.is_floating_point() else None
        return grad * (1 - n / (r + ctx.eps)), by_n, None


def poisson_nll_loss__own_backward(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    x, n = torch.broadcast_tensors(input, target)
    loss = PoissonTerm.apply(x, n) if log_input else PoissonRateTerm.apply(x, n, eps)
    if full:
        loss = loss + Stirling.apply(n.to(loss.dtype))
    return reduced(loss, reduction)


def poisson_nll_loss__in_place_on_a_clone(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    input, target = torch.broadcast_tensors(input, target)
    target = target.to(torch.result_type(input, target))
    loss = -input if log_input else -(input + eps).log()
    loss = loss * target
    loss += input.exp() if log_input else input
    if full:
        large = target > 1
        n = target[large]
        loss[large] += n * n.log() - n + 0.5 * torch.log(2 * math.pi * n)
    reductions = {"none": loss.clone, "sum": loss.sum, "mean": loss.mean}
    if reduction not in reductions:
        raise ValueError(f"{reduction} is none of {list(reductions)}")
    return reductions[reduction]()


class PoissonLoss(torch.nn.Module):
    """Settings first, tensors after, as torch's own class."""

    def __init__(self, log_input, full, eps, reduction):
        super().__init__()
        if reduction not in ("none", "sum", "mean"):
            raise ValueError("reduction")
        self.reduce = (lambda x: x) if reduction == "none" else getattr(torch, reduction)
        self.terms = self.from_logs if log_input else self.from_rates
        self.full, self.eps = full, eps

    def from_logs(self, input):
        return input.exp(), input

    def from_rates(self, input):
        return input, torch.log(input + self.eps)

    def forward(self, input, target):
        rate, log_rate = self.terms(input)
        loss = rate - target * log_rate
        return self.reduce(loss + stirling__masked_scatter(target.to(loss.dtype)) if self.full else loss)


def poisson_nll_loss__module(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return PoissonLoss(log_input, full, eps, reduction)(input, target)


def poisson_nll_loss__vmap(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")

    def constant(n):
        safe = torch.clamp(n, min=1)
        return torch.where(n > 1, safe * safe.log() - safe + 0.5 * torch.log(2 * math.pi * safe), 0.0)

    def one(x, n):
        rate = torch.exp(x) if log_input else x
        log_rate = x if log_input else torch.log(x + eps)
        return rate - n * log_rate + full * constant(n)

    x, n = torch.broadcast_tensors(input, target)
    n = n.to(torch.result_type(x, n))
    loss = torch.vmap(one)(x.reshape(-1), n.reshape(-1)).reshape(x.shape) if x.numel() else x + n
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


# ---- laplace_nll -------------------------------------------------------------------------------------------------


def laplace_nll__log_apart(input, target, scale):
    return torch.abs(target - input) / scale + torch.log(scale) + math.log(2)


def laplace_nll__two_sided(input, target, scale):
    """Half of it is an exponential distribution to the right, the other half one to the left."""
    u = (target - input) / scale
    return torch.relu(u) + torch.relu(-u) + torch.log(2 * scale)


def laplace_nll__loop(input, target, scale):
    tensors = torch.broadcast_tensors(input, target, scale)
    values = []
    for m, x, b in zip(*(t.reshape(-1) for t in tensors), strict=True):
        distance = x - m if x > m else m - x if x < m else 0 * (x - m)
        values.append(distance / b - (1 / (2 * b)).log())
    return torch.stack(values).reshape(tensors[0].shape)


def laplace_nll__precision(input, target, scale):
    """With the reciprocal of the width."""
    precision = scale.reciprocal()
    return torch.maximum(input - target, target - input) * precision - torch.log(precision / 2)


class Laplace(torch.autograd.Function):
    """By the number: its side over the width. By the width: (1 - |u|) / scale."""

    @staticmethod
    def forward(ctx, m, x, b):
        u = (x - m) / b
        ctx.save_for_backward(u, b)
        return u.abs() + (2 * b).log()

    @staticmethod
    def backward(ctx, grad):
        u, b = ctx.saved_tensors
        by_x = grad * u.sign() / b
        return -by_x, by_x, grad * (1 - u.abs()) / b


def laplace_nll__own_backward(input, target, scale):
    return Laplace.apply(*torch.broadcast_tensors(input, target, scale))


def laplace_nll__own_distribution(input, target, scale):
    return -Law(lambda x: -(x - input).abs() / scale, torch.log(2 * scale)).log_prob(target)


def laplace_nll__vmap(input, target, scale):
    m, x, b = torch.broadcast_tensors(input, target, scale)

    def one(m, x, b):
        return (x - m).abs() / b + (b + b).log()

    function = one
    for _ in m.shape:
        function = torch.vmap(function)
    return function(m, x, b)


# ---- gaussian_nll ------------------------------------------------------------------------------------------------


def gaussian_nll__three_terms(input, target, var):
    return 0.5 * math.log(2 * math.pi) + 0.5 * torch.log(var) + (target - input) ** 2 / (2 * var)


def gaussian_nll__standard_deviation(input, target, var):
    """In units of the width."""
    std = var.sqrt()
    z = (target - input) / std
    return z * z / 2 + std.log() + math.log(math.sqrt(math.tau))


def gaussian_nll__own_distribution(input, target, var):
    return normal(input, torch.sqrt(var)).log_prob(target).neg()


def gaussian_nll__one_dimensional_covariance(input, target, var):
    """The formula of many dimensions, with one row and one column."""
    m, x, v = torch.broadcast_tensors(input, target, var)
    d = (x - m)[..., None, None]
    covariance = v[..., None, None]
    distance = (d.mT @ torch.linalg.solve(covariance, d))[..., 0, 0]
    return (distance + torch.logdet(2 * math.pi * covariance)) / 2


def gaussian_nll__loop(input, target, var):
    tensors = torch.broadcast_tensors(input, target, var)
    values = []
    for m, x, v in zip(*(t.reshape(-1) for t in tensors), strict=True):
        values.append((math.log(2 * math.pi) + v.log() + (x - m) * (x - m) / v) / 2)
    return torch.stack(values).reshape(tensors[0].shape)


class Gaussian(torch.autograd.Function):
    """Slopes on paper: by the mean -z/σ, by the variance (1 - z²) / (2 var)."""

    @staticmethod
    def forward(ctx, m, x, v):
        d = x - m
        ctx.save_for_backward(d, v)
        return 0.5 * (torch.log(2 * math.pi * v) + d * d / v)

    @staticmethod
    def backward(ctx, grad):
        d, v = ctx.saved_tensors
        by_x = grad * d / v
        return -by_x, by_x, grad * (0.5 / v - 0.5 * (d / v) ** 2)


def gaussian_nll__own_backward(input, target, var):
    return Gaussian.apply(*torch.broadcast_tensors(input, target, var))


def gaussian_nll__precision(input, target, var):
    precision = torch.pow(var, -1)
    return (torch.square(input - target) * precision - torch.log(precision / (2 * torch.pi))).mul(0.5)


# ---- negative_elbo -----------------------------------------------------------------------------------------------


def _one_code_each(reconstruction, target, mean, log_var):
    if reconstruction.shape != target.shape or mean.shape != log_var.shape:
        raise ValueError("unequal shapes")
    if target.shape[0] != mean.shape[0]:
        raise ValueError("not one code for each sample")


def _elbo_reduced(losses, reduction):
    return {"none": losses.clone, "sum": losses.sum, "mean": losses.mean}[reduction]()


def negative_elbo__two_densities(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The surprise from a density of one's own, the divergence as in lesson 02."""
    _one_code_each(reconstruction, target, mean, log_var)
    width = torch.tensor(noise_var, dtype=target.dtype).sqrt()
    surprise = -normal(reconstruction, width).log_prob(target)
    ratio = (log_var / 2).exp()
    divergence = ((ratio**2 + mean**2) - 1) / 2 - log_var / 2
    return _elbo_reduced(surprise.sum(-1) + divergence.sum(-1), reduction)


def negative_elbo__loop(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _one_code_each(reconstruction, target, mean, log_var)
    losses = []
    for x, y, m, lv in zip(reconstruction, target, mean, log_var, strict=True):
        loss = len(y) / 2 * math.log(math.tau * noise_var)
        for made, wanted in zip(x, y, strict=True):
            loss = loss + (made - wanted) * (made - wanted) / (2 * noise_var)
        for centre, width in zip(m, lv, strict=True):
            loss = loss + 0.5 * (centre * centre + math.e**width - width - 1)
        losses.append(loss)
    return _elbo_reduced(torch.stack(losses) if losses else reconstruction.sum(1), reduction)


def negative_elbo__matmul(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """Sums of squares as products of rows."""
    _one_code_each(reconstruction, target, mean, log_var)
    errors = reconstruction - target
    squares = torch.einsum("nd,nd->n", errors, errors) / noise_var + torch.einsum("nk,nk->n", mean, mean)
    widths = (log_var.expm1() - log_var).sum(dim=1)
    constant = target.shape[1] * math.log(2 * math.pi * noise_var)
    return _elbo_reduced((squares + widths + constant) / 2, reduction)


class Evidence(torch.autograd.Function):
    """By the reconstruction (x - y)/σ², by the mean itself, by the log-variance ½ (e^lv - 1)."""

    @staticmethod
    def forward(ctx, x, y, mean, log_var, noise_var):
        ctx.save_for_backward(x - y, mean, log_var)
        ctx.noise_var = noise_var
        half = (x - y).square().sum(1) / noise_var + (mean.square() + log_var.exp() - 1 - log_var).sum(1)
        return half / 2 + y.shape[1] / 2 * math.log(2 * math.pi * noise_var)

    @staticmethod
    def backward(ctx, grad):
        errors, mean, log_var = ctx.saved_tensors
        grad = grad[:, None]
        slope = grad * errors / ctx.noise_var
        return slope, -slope, grad * mean, grad * (log_var.exp() - 1) / 2, None


def negative_elbo__own_backward(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _one_code_each(reconstruction, target, mean, log_var)
    return _elbo_reduced(Evidence.apply(reconstruction, target, mean, log_var, noise_var), reduction)


# ---- gaussian_nll_loss -------------------------------------------------------------------------------------------


def fitted(var, input):
    """The variance, one a mean, or stretched along one dimension; else an error."""
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    if var.ndim == input.ndim:
        other = [(v, n) for v, n in zip(var.shape, input.shape, strict=True) if v != n]
        if len(other) == 1 and other[0][0] == 1:
            return var
    raise ValueError(f"var of shape {tuple(var.shape)} does not fit {tuple(input.shape)}")


class Floor(torch.autograd.Function):
    """max(var, eps) whose gradient passes as if nothing had happened."""

    @staticmethod
    def forward(ctx, var, eps):
        return torch.where(var < eps, eps, var)

    @staticmethod
    def backward(ctx, grad):
        return grad, None


def gaussian_nll_loss__floor_with_backward(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if isinstance(var, float):
        var = torch.full_like(input, var)
    if (var < 0).any():
        raise ValueError("a variance is negative")
    var = Floor.apply(fitted(var, input), eps)
    loss = ((input - target) ** 2 / var + torch.log(var * (2 * math.pi if full else 1))) / 2
    return reduced(loss, reduction)


def gaussian_nll_loss__straight_through(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """What is missing up to eps is a constant."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction=}")
    if not torch.is_tensor(var):
        var = input.new_tensor(var).expand(input.shape)
    if torch.any(var < 0):
        raise ValueError("negative variance")
    var = fitted(var, input)
    var = var + torch.relu(eps - var).detach()
    loss = 0.5 * var.log() + 0.5 * (target - input).square() / var
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return {"none": lambda: loss, "sum": lambda: loss.sum(), "mean": lambda: loss.mean()}[reduction]()


def gaussian_nll_loss__data(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """The clone is mended behind autograd's back."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var")
        var = torch.ones_like(input) * var
    elif bool((var < 0).any()):
        raise ValueError("var")
    kept = fitted(var, input).clone()
    kept.data[kept.data < eps] = eps
    constant = math.log(math.tau) if full else 0.0
    return reduced((kept.log() + constant + (input - target).pow(2) / kept) / 2, reduction)


def gaussian_nll_loss__loop(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """One element at a time; below eps the variance is exchanged for eps, with the variance's gradient."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    if isinstance(var, float):
        var = torch.full(input.shape, var, dtype=input.dtype)
    var = fitted(var, input).expand(input.shape)
    losses = []
    for m, x, v in zip(input.reshape(-1), target.reshape(-1), var.reshape(-1), strict=True):
        if v < 0:
            raise ValueError("negative variance")
        if v < eps:
            v = v - v.detach() + eps
        losses.append((v.log() + (m - x) ** 2 / v + full * math.log(2 * math.pi)) / 2)
    loss = torch.stack(losses).view(input.shape) if losses else input - target + var
    if reduction == "none":
        return loss
    return loss.sum() / (1 if reduction == "sum" else loss.numel())


class GaussianLoss(torch.autograd.Function):
    """All three slopes on paper, the variance's where it counts as eps too."""

    @staticmethod
    def forward(ctx, m, x, var, eps, constant):
        v = torch.where(var < eps, torch.full_like(var, eps), var)
        d = m - x
        ctx.save_for_backward(d, v)
        return 0.5 * (v.log() + d * d / v) + constant

    @staticmethod
    def backward(ctx, grad):
        d, v = ctx.saved_tensors
        slope = grad * d / v
        return slope, -slope, grad * 0.5 * (1 - d * d / v) / v, None, None


def gaussian_nll_loss__own_backward(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = input.new_full(input.shape, var) if isinstance(var, float) else var
    if (var < 0).any():
        raise ValueError("variances are not negative")
    m, x, v = torch.broadcast_tensors(input, target, fitted(var, input))
    return reduced(GaussianLoss.apply(m, x, v, eps, full * math.log(2 * math.pi) / 2), reduction)


def gaussian_nll_loss__own_distribution(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """The whole density, from which ½ ln 2π is taken away again."""
    if isinstance(var, float):
        var = torch.full_like(input, var)
    if (var < 0).any():
        raise ValueError("negative")
    var = Floor.apply(fitted(var, input), eps)
    loss = -normal(input, var.sqrt()).log_prob(target)
    return reduced(loss if full else loss - math.log(math.tau) / 2, reduction)


class GaussianModule(torch.nn.Module):
    """Settings first, tensors after."""

    def __init__(self, full, eps, reduction):
        super().__init__()
        self.constant = 0.5 * math.log(2 * math.pi) if full else 0
        self.eps = eps
        self.reduction = reduction

    def forward(self, input, target, var):
        with torch.no_grad():
            missing = (self.eps - var).clamp(min=0)
        std = (var + missing).sqrt()
        loss = std.log() + ((target - input) / std).square() / 2 + self.constant
        if self.reduction == "none":
            return loss
        return {"sum": torch.sum, "mean": torch.mean}[self.reduction](loss)


def gaussian_nll_loss__module(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """By the standard deviation."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"no reduction {reduction}")
    if isinstance(var, float):
        var = torch.tensor(var, dtype=input.dtype).expand_as(input)
    if var.numel() and var.min() < 0:
        raise ValueError("negative")
    return GaussianModule(full, eps, reduction)(input, target, fitted(var, input))


def gaussian_nll_loss__allowed_shapes(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Every shape that var may have is written down, and looked up."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    if not isinstance(var, torch.Tensor):
        var = torch.full_like(input, var)
    shape = tuple(input.shape)
    ones = [(*shape[:i], 1, *shape[i + 1 :]) for i in range(len(shape))]
    allowed = {shape, *ones}
    if tuple(var.shape) not in allowed:
        if tuple(var.shape) != shape[:-1]:
            raise ValueError("shape")
        var = var[..., None]
    if not torch.all(var >= 0):
        raise ValueError("negative")
    safe = var - var.detach() + var.detach().clamp(min=eps)
    loss = (safe.log() + (input - target) ** 2 / safe) * 0.5 + (0.5 * math.log(2 * math.pi) if full else 0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


# ---- keras_poisson -----------------------------------------------------------------------------------------------


def keras_poisson__sum_over_number(y_true, y_pred):
    loss = y_pred - y_true.to(y_pred.dtype) * torch.log(y_pred + 1e-7)
    return loss.sum(-1) / loss.shape[-1]


def keras_poisson__means_apart(y_true, y_pred):
    rate, count = torch.broadcast_tensors(y_pred, y_true.to(y_pred.dtype))
    return rate.mean(-1) - torch.einsum("...d,...d->...", count, (rate + 1e-7).log()) / rate.shape[-1]


def keras_poisson__loop(y_true, y_pred):
    """Row by row."""
    n, r = torch.broadcast_tensors(y_true.to(y_pred.dtype), y_pred)
    values = []
    for counts, rates in zip(n.reshape(-1, n.shape[-1]), r.reshape(-1, r.shape[-1]), strict=True):
        terms = [b - a * torch.log(b + 1e-7) for a, b in zip(counts, rates, strict=True)]
        values.append(sum(terms) / len(terms))
    return torch.stack(values).reshape(n.shape[:-1])


def keras_poisson__columns(y_true, y_pred):
    n, r = torch.broadcast_tensors(y_true.type_as(y_pred), y_pred)
    columns = [b.sub(a.mul(b.add(1e-7).log())) for a, b in zip(n.unbind(-1), r.unbind(-1), strict=True)]
    return torch.stack(columns).mean(0)


def keras_poisson__xlogy(y_true, y_pred):
    """Behind the small number there is nothing left for xlogy to protect, and no harm in it."""
    return torch.mean(y_pred - torch.xlogy(y_true.to(y_pred), y_pred + 1e-7), dim=-1)


def keras_poisson__own_backward(y_true, y_pred):
    n, r = torch.broadcast_tensors(y_true.to(y_pred.dtype), y_pred)
    return PoissonRateTerm.apply(r, n, 1e-7).mean(dim=-1)


def keras_poisson__vmap(y_true, y_pred):
    n, r = torch.broadcast_tensors(y_true.to(y_pred.dtype), y_pred)

    def of_sample(n, r):
        return r.mean() - torch.dot(n, torch.log(r + 1e-7)) / len(r)

    function = of_sample
    for _ in n.shape[:-1]:
        function = torch.vmap(function)
    return function(n, r)


# ---- odd but honest ----------------------------------------------------------------------------------------------


HALF_LOG_2π = 0.5 * math.log(math.tau)


@cache
def ln_factorial(k: int) -> float:
    return 0.0 if k < 2 else math.log(k) + ln_factorial(k - 1)


def poisson_nll__table_of_factorials(rate, count):
    table = [ln_factorial(k) for k in range(int(count.max()) + 1)] if count.numel() else [0.0]
    lf = torch.tensor(table, dtype=rate.dtype)[count.long()]
    ln = torch.where(count == 0, 1.0, rate).log()
    return rate - count * ln + lf


def poisson_nll__decimal(rate, count):
    getcontext().prec = 30
    lf = (
        count.detach()
        .double()
        .clone()
        .apply_(lambda k: float(sum((Decimal(int(i)).ln() for i in range(2, int(k) + 1)), Decimal(0))))
    )
    return rate - torch.special.xlogy(count, torch.where(count > 0, rate, 1)) + lf.to(rate.dtype)


def stirling__nan_safe_scatter(count):
    out = torch.zeros_like(count)
    k = count[count > 1]
    out[count > 1] = (k + 0.5) * k.log() - k + HALF_LOG_2π
    return out


def red(x, how):
    try:
        return {"none": torch.clone, "mean": torch.mean, "sum": torch.sum}[how](x)
    except KeyError:
        raise ValueError(how) from None


def poisson_nll_loss__kwargs_only_core(input, target, *rest, **options):
    def core(*, log_input=True, full=False, eps=1e-8, reduction="mean"):
        base = torch.exp(input) if log_input else input
        ln = input if log_input else torch.log(input + eps)
        return red(base - target * ln + (stirling__nan_safe_scatter(target * 1.0) if full else 0), reduction)

    return core(**dict(zip(("log_input", "full", "eps", "reduction"), rest, strict=False)), **options)


class OddFloor(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v, eps):
        return v.clamp(eps)

    @staticmethod
    def backward(ctx, g):
        return g, None


def gaussian_nll_loss__floor_function(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = input.new_tensor(var).expand_as(input) if isinstance(var, float) else var
    ok = var.shape in (input.shape, input.shape[:-1]) or (
        var.dim() == input.dim() and [a for a, b in zip(var.shape, input.shape, strict=False) if a != b] == [1]
    )
    if not ok:
        raise ValueError("shape of var")
    if var.shape == input.shape[:-1] and var.shape != input.shape:
        var = var[..., None]
    if bool(var.lt(0).any()):
        raise ValueError("var < 0")
    v = OddFloor.apply(var, eps)
    return red((torch.log(v) + (input - target) ** 2 / v) / 2 + (HALF_LOG_2π if full else 0.0), reduction)
