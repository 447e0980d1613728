"""Wrong answers to the exercises of notebook 07, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "poisson_nll: math.factorial": (
        """
        def poisson_nll(rate, count):
            return rate - count * rate.log() + math.log(math.factorial(count))
        """,
        ["torch.lgamma"],
        ["coursekit/"],
    ),
    "poisson_nll: gamma of a float": (
        """
        def poisson_nll(rate, count):
            return rate - count * rate.log() + math.lgamma(count + 1)
        """,
        ["torch.lgamma"],
        ["coursekit/"],
    ),
    "poisson_nll: torch.factorial": (
        """
        def poisson_nll(rate, count):
            return rate - count * rate.log() + torch.factorial(count).log()
        """,
        ["torch.lgamma"],
        [],
    ),
    "poisson_nll: no factorial": (
        """
        def poisson_nll(rate, count):
            return rate - torch.special.xlogy(count, rate)
        """,
        ["count!"],
        [],
    ),
    "stirling: log of a number": (
        """
        def stirling(count):
            return count * count.log() - count + 0.5 * torch.log(2 * 3.14159265358979 * 1.0) + 0.5 * count.log()
        """,
        ["must be Tensor, not float", "math.log"],
        [],
    ),
    "stirling: pi of three digits": (
        """
        def stirling(count):
            safe = torch.where(count > 1, count, 1)
            return torch.where(count > 1, safe * safe.log() - safe + 0.5 * (2 * 3.14 * safe).log(), 0.0)
        """,
        ["digits"],
        [],
    ),
    "stirling: a mask with an index that does not fit": (
        """
        def stirling(count):
            out = torch.zeros_like(count)
            out[count > 1] = count * count.log() - count + 0.5 * (2 * math.pi * count).log()
            return out
        """,
        ["shape mismatch", "same mask"],
        [],
    ),
    "stirling: NaN behind where": (
        """
        def stirling(count):
            return torch.where(count > 1, count * count.log() - count + 0.5 * (2 * math.pi * count).log(), 0)
        """,
        ["NaN"],
        [],
    ),
    "poisson_nll_loss: log_input ignored": (
        """
        def poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
            losses = input.exp() - target * input
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["log_input"],
        [],
    ),
    "poisson_nll_loss: an unknown flag": (
        """
        def poisson_nll_loss(input, target, log=True, full=False, eps=1e-8, reduction="mean"):
            losses = input.exp() - target * input
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["keep the stub's signature"],
        [],
    ),
    "keras_poisson: over everything": (
        """
        def keras_poisson(y_true, y_pred):
            return (y_pred - y_true * (y_pred + 1e-7).log()).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_poisson: dims": (
        """
        def keras_poisson(y_true, y_pred):
            return torch.mean(y_pred - y_true * (y_pred + 1e-7).log(), dims=-1)
        """,
        ["mean()", "parameter"],
        [],
    ),
    "laplace_nll: no factor of 2": (
        """
        def laplace_nll(input, target, scale):
            return (target - input).abs() / scale + scale.log()
        """,
        ["2"],
        [],
    ),
    "laplace_nll: a torch distribution": (
        """
        def laplace_nll(input, target, scale):
            return -torch.distributions.Laplace(input, scale).log_prob(target)
        """,
        ["ready-made"],
        [],
    ),
    "gaussian_nll: torch.pi with a typo": (
        """
        def gaussian_nll(input, target, var):
            return 0.5 * ((2 * torch.pie * var).log() + (input - target) ** 2 / var)
        """,
        ["no attribute 'pie'", "spelt"],
        [],
    ),
    "gaussian_nll: the sign": (
        """
        def gaussian_nll(input, target, var):
            return -0.5 * ((2 * math.pi * var).log() + (input - target) ** 2 / var)
        """,
        ["sign"],
        [],
    ),
    "gaussian_nll: summed": (
        """
        def gaussian_nll(input, target, var):
            return (0.5 * ((2 * math.pi * var).log() + (input - target) ** 2 / var)).sum()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "gaussian_nll_loss: an if about elements": (
        """
        def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
            if var < 0:
                raise ValueError("negative")
            losses = 0.5 * (var.clamp(min=eps).log() + (input - target) ** 2 / var.clamp(min=eps))
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["ambiguous", ".any()"],
        [],
    ),
    "gaussian_nll_loss: var is a float": (
        """
        def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
            if (torch.as_tensor(var) < 0).any():
                raise ValueError("negative")
            if reduction not in ("none", "mean", "sum"):
                raise ValueError("reduction")
            var = var.clamp(min=eps)
            losses = 0.5 * (var.log() + (input - target) ** 2 / var)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["`full` is ignored"],
        [],
    ),
    "negative_elbo: mse_loss beside a sum": (
        """
        def negative_elbo(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
            return F.mse_loss(reconstruction, target) - 0.5 * (1 + log_var - mean**2 - log_var.exp()).sum()
        """,
        ["ready-made"],
        ["coursekit/"],
    ),
    "negative_elbo: the mean of the pixels": (
        """
        def negative_elbo(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
            nll = ((reconstruction - target) ** 2 / noise_var + math.log(2 * math.pi * noise_var)) / 2
            kl = (mean**2 + log_var.exp() - 1 - log_var) / 2
            losses = nll.mean(1) + kl.sum(1)
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["averaged over the numbers of a sample", "Sum both"],
        [],
    ),
    "negative_elbo: a number's logarithm by torch": (
        """
        def negative_elbo(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
            nll = ((reconstruction - target) ** 2 / noise_var + torch.log(2 * math.pi * noise_var)) / 2
            return (nll.sum(1) + ((mean**2 + log_var.exp() - 1 - log_var) / 2).sum(1)).mean()
        """,
        ["Of a plain number", "`math.log(2)`"],
        ["coursekit/"],
    ),
}
