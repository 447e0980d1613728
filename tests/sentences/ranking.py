"""Wrong answers to the exercises of notebook 09, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "bradley_terry_loss: tables that do not fit": (
        """
        def bradley_terry_loss(scores, wins):
            lead = scores[:, None] - scores[None]
            return (wins.T * torch.log1p(torch.exp(-lead))).sum()
        """,
        ["losers win"],
        [],
    ),
    "bradley_terry_loss: whole numbers times a matrix": (
        """
        def bradley_terry_loss(scores, wins):
            lead = scores[:, None] - scores[None]
            return torch.trace(wins.long() @ torch.log1p(torch.exp(-lead)).T)
        """,
        ["same dtype"],
        [],
    ),
    "plackett_luce_loss: a dimension is asked for": (
        """
        def plackett_luce_loss(scores):
            return -(scores - torch.cumsum(scores.exp()).log()).sum(-1)
        """,
        ["`dim=-1` is the last"],
        ["compare with its definition"],
    ),
    "plackett_luce_loss: the whole sum": (
        """
        def plackett_luce_loss(scores):
            return (scores.logsumexp(-1, keepdim=True) - scores).sum(-1)
        """,
        ["Nobody is struck out"],
        [],
    ),
    "plackett_luce_loss: a loop in place": (
        """
        def plackett_luce_loss(scores):
            rest = scores.exp().flip(-1).cumsum(-1).flip(-1)
            logs = rest.log()
            rest += 0
            return (logs - scores).sum(-1)
        """,
        ["backward()", "requires_grad=True", "writes into"],
        ["Paste the line"],
    ),
    "plackett_luce_loss: to the power of exp in place": (
        """
        def plackett_luce_loss(scores):
            e = scores.exp()
            for k in range(scores.shape[-1] - 2, -1, -1):
                e[..., k] = e[..., k] + e[..., k + 1]
            return (e.log() - scores).sum(-1)
        """,
        ["writes into"],
        ["Paste the line"],
    ),
    "area_under_curve: a float": (
        """
        def area_under_curve(scores, labels):
            pos, neg = scores[labels == 1].tolist(), scores[labels == 0].tolist()
            return sum((p > n) + 0.5 * (p == n) for p in pos for n in neg) / (len(pos) * len(neg))
        """,
        ["a float", "torch.tensor"],
        ["has no gradient"],
    ),
    "area_under_curve: a mean of bools": (
        """
        def area_under_curve(scores, labels):
            pos, neg = scores[labels == 1], scores[labels == 0]
            return (pos[:, None] > neg[None]).mean()
        """,
        ["Bool", "whole numbers"],
        [],
    ),
    "area_under_curve: a comparison counted": (
        """
        def area_under_curve(scores, labels):
            pos, neg = scores[labels == 1], scores[labels == 0]
            return (pos[:, None] > neg[None]).sum() // (len(pos) * len(neg))
        """,
        ["whole numbers"],
        [],
    ),
    "preference_loss: reduction ignored": (
        """
        def preference_loss(chosen, rejected, reduction="mean"):
            return torch.log1p(torch.exp(rejected - chosen)).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "preference_loss: a ratio": (
        """
        def preference_loss(chosen, rejected, reduction="mean"):
            losses = -(chosen.exp() / (chosen.exp() + rejected.exp())).log()
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["`exp` of 1000 is inf"],
        [],
    ),
    "dpo_loss: softplus by clamp": (
        """
        def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
            z = -beta * ((policy_chosen - reference_chosen) - (policy_rejected - reference_rejected))
            return (z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))).mean()
        """,
        ["the pull is ½", "one model"],
        ["Stay with logarithms"],
    ),
    "dpo_loss: exp of the four": (
        """
        def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
            a = (policy_chosen.exp() / reference_chosen.exp()) ** beta
            b = (policy_rejected.exp() / reference_rejected.exp()) ** beta
            return -(a / (a + b)).log().mean()
        """,
        ["logarithms"],
        [],
    ),
    "dpo_loss: beta not a parameter": (
        """
        def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected):
            lead = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
            return torch.log1p(torch.exp(-0.1 * lead)).mean()
        """,
        ["keep the stub's signature"],
        [],
    ),
    "margin_ranking_loss: clip of numpy": (
        """
        def margin_ranking_loss(input1, input2, target, margin=0, reduction="mean"):
            losses = np.maximum(-target * (input1 - input2) + margin, 0)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["numpy knows nothing"],
        ["coursekit/"],
    ),
    "margin_ranking_loss: reduction ignored": (
        """
        def margin_ranking_loss(input1, input2, target, margin=0, reduction="mean"):
            return (-target * (input1 - input2) + margin).clamp(min=0).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "ppo_clip_loss: the clip alone": (
        """
        def ppo_clip_loss(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
            ratio = torch.exp(log_probs - old_log_probs)
            losses = -torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * advantages
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["no minimum is taken", "never comes back"],
        [],
    ),
    "ppo_clip_loss: nothing detached": (
        """
        def ppo_clip_loss(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
            ratio = torch.exp(log_probs - old_log_probs)
            losses = -torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["old log-probabilities", "detach"],
        [],
    ),
    "ppo_clip_loss: an objective": (
        """
        def ppo_clip_loss(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
            ratio, a = torch.exp(log_probs - old_log_probs.detach()), advantages.detach()
            gains = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
            return {"none": gains, "sum": gains.sum(), "mean": gains.mean()}[reduction]
        """,
        ["sign is turned"],
        [],
    ),
}
