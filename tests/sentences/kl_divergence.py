"""Wrong answers to the exercises of notebook 02, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "distribution_cross_entropy: a missing import": (
        """
        def distribution_cross_entropy(p, q):
            return -special.xlogy(p, q).sum(-1)
        """,
        ["name 'special' is not defined", "import"],
        [],
    ),
    "distribution_cross_entropy: not summed": (
        """
        def distribution_cross_entropy(p, q):
            return -p * q.log()
        """,
        ["single number", "summed"],
        ["(N, 1) against (N,)"],
    ),
    "kl_divergence: log2": (
        """
        def kl_divergence(p, q):
            return (p * torch.log2(p / q)).sum(-1)
        """,
        ["ln"],
        [],
    ),
    "kl_divergence: the mean over the row": (
        """
        def kl_divergence(p, q):
            return (p * (p / q).log()).mean(-1)
        """,
        ["mean"],
        [],
    ),
    "kl_divergence: abs of the terms": (
        """
        def kl_divergence(p, q):
            return (p * (p / q).log()).abs().sum(-1)
        """,
        [],
        [],
    ),
    "kl_divergence: a loop with math": (
        """
        def kl_divergence(p, q):
            total = 0.0
            for a, b in zip(p, q):
                total += a * math.log(a / b)
            return total
        """,
        ["torch.log"],
        ["coursekit/"],
    ),
    "kl_divergence: flattened by a mask": (
        """
        def kl_divergence(p, q):
            inside = p > 0
            return (p[inside] * (p[inside] / q[inside]).log()).sum(-1)
        """,
        ["sum over dim=-1"],
        [],
    ),
    "kl_divergence: an assertion": (
        """
        def kl_divergence(p, q):
            assert torch.allclose(p.sum(-1), torch.ones(()), atol=1e-9), "p is no distribution"
            return torch.special.xlogy(p, p / q).sum(-1)
        """,
        ["NaN"],
        [],
    ),
    "kl_divergence: torch's own": (
        """
        def kl_divergence(p, q):
            return F.kl_div(q.log(), p, reduction="none").sum(-1)
        """,
        ["ready-made `kl_div`"],
        [],
    ),
    "js_divergence: Jeffreys": (
        """
        def js_divergence(p, q):
            return ((p - q) * (p.log() - q.log())).sum(-1)
        """,
        [],
        [],
    ),
    "js_divergence: an undefined helper": (
        """
        def js_divergence(p, q):
            m = (p + q) / 2
            return 0.5 * kl(p, m) + 0.5 * kl(q, m)
        """,
        ["name 'kl' is not defined", "cell"],
        [],
    ),
    "js_divergence: a helper without return": (
        """
        def part(p, m):
            (p * (p / m).log()).sum(-1)

        def js_divergence(p, q):
            m = (p + q) / 2
            return 0.5 * part(p, m) + 0.5 * part(q, m)
        """,
        ["NoneType", "None"],
        [],
    ),
    "js_divergence: the geometric middle": (
        """
        def js_divergence(p, q):
            m = (p * q).sqrt()
            return 0.5 * (torch.special.xlogy(p, p / m) + torch.special.xlogy(q, q / m)).sum(-1)
        """,
        [],
        [],
    ),
    "gaussian_kl: math.log": (
        """
        def gaussian_kl(mean_p, std_p, mean_q, std_q):
            return math.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5
        """,
        ["torch.log"],
        ["coursekit/"],
    ),
    "gaussian_kl: no half": (
        """
        def gaussian_kl(mean_p, std_p, mean_q, std_q):
            return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)
        """,
        ["-1/2 is missing"],
        [],
    ),
    "gaussian_kl: averaged": (
        """
        def gaussian_kl(mean_p, std_p, mean_q, std_q):
            return ((std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_kl_divergence: Python's min and max": (
        """
        def keras_kl_divergence(y_true, y_pred):
            y_true, y_pred = max(y_true, 1e-7), max(y_pred, 1e-7)
            return (y_true * (y_true / y_pred).log()).sum(-1)
        """,
        ["ambiguous", "torch.maximum"],
        [],
    ),
    "keras_kl_divergence: the mean over the rows": (
        """
        def keras_kl_divergence(y_true, y_pred):
            y_true, y_pred = y_true.clamp(1e-7, 1), y_pred.clamp(1e-7, 1)
            return (y_true * (y_true / y_pred).log()).sum(-1).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_kl_divergence: epsilon of its own": (
        """
        def keras_kl_divergence(y_true, y_pred):
            y_true, y_pred = y_true.clamp(1e-6, 1), y_pred.clamp(1e-6, 1)
            return (y_true * (y_true / y_pred).log()).sum(-1)
        """,
        [],
        [],
    ),
    "distillation_loss: softmax without dim": (
        """
        def distillation_loss(student_logits, teacher_logits, temperature):
            t = (teacher_logits / temperature).exp()
            s = (student_logits / temperature).exp()
            t, s = t / t.sum(), s / s.sum()
            return temperature**2 * (t * (t / s).log()).sum(-1).mean()
        """,
        [],
        [],
    ),
    "distillation_loss: T not squared": (
        """
        def distillation_loss(student_logits, teacher_logits, temperature):
            t = (teacher_logits / temperature).log_softmax(-1)
            s = (student_logits / temperature).log_softmax(-1)
            return temperature * (t.exp() * (t - s)).sum(-1).mean()
        """,
        ["T²"],
        [],
    ),
    "kl_div: no flags": (
        """
        def kl_div(input, target):
            return (torch.special.xlogy(target, target) - target * input).mean()
        """,
        ["keyword argument", "keep the stub's signature"],
        [],
    ),
    "kl_div: reduction ignored": (
        """
        def kl_div(input, target, reduction="mean", log_target=False):
            return (torch.special.xlogy(target, target) - target * input).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "kl_div: never reduced": (
        """
        def kl_div(input, target, reduction="mean", log_target=False):
            return torch.special.xlogy(target, target) - target * input
        """,
        ["batchmean"],
        ["broadcast"],
    ),
    "kl_div: xlogx beside a zero": (
        """
        def kl_div(input, target, reduction="mean", log_target=False):
            losses = target * (target.log() - input)
            losses[target == 0] = 0
            if reduction == "none":
                return losses
            if reduction == "sum":
                return losses.sum()
            return losses.sum() / (input.shape[0] if reduction == "batchmean" else input.numel())
        """,
        ["`log_target` is not used"],
        [],
    ),
    "kl_div: an unknown name of dim": (
        """
        def kl_div(input, target, reduction="mean", log_target=False):
            losses = torch.special.xlogy(target, target) - target * input
            return losses if reduction == "none" else losses.sum(dims=-1).mean()
        """,
        ["invalid combination of arguments", "parameter"],
        [],
    ),
}
