"""Wrong answers to the exercises of notebook 13, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "weight_gradient: transposed": (
        """
        def weight_gradient(input, linear_weight, target, chunk_rows):
            logits = input @ linear_weight.T
            p = logits.exp() / logits.exp().sum(-1, keepdim=True)
            p[torch.arange(len(target)), target] -= 1
            return input.T @ p / len(target)
        """,
        ["transposed"],
        ["broadcast"],
    ),
    "weight_gradient: not transposed": (
        """
        def weight_gradient(input, linear_weight, target, chunk_rows):
            logits = input @ linear_weight
            return logits
        """,
        ["(1, 2), expected (2, 2)", "1 entry fewer"],
        [],
    ),
    "weight_gradient: autograd's way": (
        """
        def weight_gradient(input, linear_weight, target, chunk_rows):
            logits = input @ linear_weight.T
            loss = (logits.exp().sum(-1).log() - logits[torch.arange(len(target)), target]).mean()
            loss.backward()
            return linear_weight.grad
        """,
        ["`backward`"],
        [],
    ),
    "weight_gradient: split of a number": (
        """
        def weight_gradient(input, linear_weight, target, chunk_rows):
            total = 0
            for rows, right in zip(input.split(chunk_rows), target):
                logits = rows @ linear_weight.T
                p = logits.exp() / logits.exp().sum(-1, keepdim=True)
                p[range(len(right)), right] -= 1
                total += p.T @ rows
            return total / len(input)
        """,
        ["0-d", "no dimension"],
        [],
    ),
    "online_softmax_step: a pair": (
        """
        def online_softmax_step(state, logits):
            top = torch.maximum(state[0], logits.amax(1))
            total = state[1] * (state[0] - top).exp() + (logits - top[:, None]).exp().sum(1)
            return top, total
        """,
        ["tuple of 2", "torch.stack"],
        ["comma behind", "has no gradient"],
    ),
    "online_softmax_step: columns": (
        """
        def online_softmax_step(state, logits):
            top = torch.maximum(state[0], logits.amax(1))
            total = state[1] * (state[0] - top).exp() + (logits - top[:, None]).exp().sum(1)
            return torch.stack([top, total], 1)
        """,
        ["order", "dimensions"],
        ["broadcast"],
    ),
    "accumulated_loss: lists of losses": (
        """
        def accumulated_loss(logits, target, sizes, ignore_index=-100):
            losses = []
            for rows, right in zip(logits.split(sizes), target.split(sizes)):
                lp = rows - rows.exp().sum(-1, keepdim=True).log()
                losses.append(-lp[torch.arange(len(right)), right].mean())
            return losses.mean()
        """,
        ["'list' object has no attribute 'mean'", "torch.stack"],
        [],
    ),
    "accumulated_loss: tensor of tensors": (
        """
        def accumulated_loss(logits, target, sizes, ignore_index=-100):
            losses = []
            for rows, right in zip(logits.split(sizes), target.split(sizes)):
                lp = rows - rows.exp().sum(-1, keepdim=True).log()
                losses.append(-lp[torch.arange(len(right)), right].sum())
            return torch.tensor(losses).sum() / len(target)
        """,
        ["out of bounds", "does not count"],
        ["coursekit/"],
    ),
    "adaptive_log_softmax: no tail": (
        """
        def adaptive_log_softmax(input, target, cutoffs, head):
            lp = input @ head.T
            return lp[torch.arange(len(target)), target]
        """,
        ["positional argument", "keep the stub's signature"],
        [],
    ),
    "adaptive_log_softmax: head by cluster": (
        """
        def adaptive_log_softmax(input, target, cutoffs, head, *tail):
            lp = input @ head.T
            lp = lp - lp.exp().sum(-1, keepdim=True).log()
            return lp[torch.arange(len(target)), target]
        """,
        ["out of bounds"],
        [],
    ),
    "linear_cross_entropy: bias missing": (
        """
        def linear_cross_entropy(input, linear_weight, target, weight=None, reduction="mean"):
            logits = input @ linear_weight.T
            lp = logits - logits.exp().sum(-1, keepdim=True).log()
            losses = -lp[torch.arange(len(target)), target]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["keep the stub's signature"],
        [],
    ),
    "cross_entropy_with_z_loss: padding is looked up": (
        """
        def cross_entropy_with_z_loss(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
            top = input.amax(1, keepdim=True)
            log_z = (input - top).exp().sum(1).log() + top[:, 0]
            losses = log_z - input[torch.arange(len(input)), target] + z_weight * log_z**2
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["IndexError", "one that does not count"],
        [],
    ),
    "cross_entropy_with_z_loss: of log-probabilities": (
        """
        def cross_entropy_with_z_loss(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
            input, target = input[target != ignore_index], target[target != ignore_index]
            shifted = input - input.amax(1, keepdim=True)
            log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
            log_z = log_p.exp().sum(1).log()
            losses = -log_p[torch.arange(len(log_p)), target] + z_weight * log_z**2
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["There is no price", "ln Z is that of"],
        [],
    ),
}
