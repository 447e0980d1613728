"""Wrong answers to the exercises of notebook 01, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "self_information: math.log2": (
        """
        def self_information(p):
            return -math.log2(p)
        """,
        ["a float", "`math`"],
        ["coursekit/"],
    ),
    "self_information: padded": (
        """
        def self_information(p):
            return -torch.log2(p + 1e-10)
        """,
        ["infinite surprise", "small number"],
        [],
    ),
    "self_information: torch.ln": (
        """
        def self_information(p):
            return -torch.ln(p) / math.log(2)
        """,
        ["no attribute 'ln'", "`torch.log`"],
        [],
    ),
    "self_information: a rounded constant": (
        """
        def self_information(p):
            return -p.log() / 0.693
        """,
        ["digits"],
        [],
    ),
    "self_information: p itself": (
        """
        def self_information(p):
            return p.log2()
        """,
        ["sign"],
        [],
    ),
    "entropy: a loop with math.log": (
        """
        def entropy(p):
            return -sum(x * math.log(x) for x in p if x > 0)
        """,
        ["torch.where"],
        ["coursekit/"],
    ),
    "entropy: log of zero": (
        """
        def entropy(p):
            total = 0
            for x in p.flatten():
                total = total - x * math.log(x)
            return total
        """,
        ["single number", "dim=-1"],
        ["coursekit/"],
    ),
    "entropy: the first dimension": (
        """
        def entropy(p):
            return -torch.special.xlogy(p, p).sum(0)
        """,
        ["dimension"],
        ["(N, 1) against (N,)"],
    ),
    "entropy: averaged over all": (
        """
        def entropy(p):
            return -(p * torch.where(p > 0, p, 1).log()).sum(-1).mean()
        """,
        ["single number", "(2,)"],
        [],
    ),
    "entropy: divided by ln K": (
        """
        def entropy(p):
            return -(p * torch.where(p > 0, p, 1).log()).sum(-1) / math.log(p.shape[-1])
        """,
        [],
        [],
    ),
    "entropy: a flag of numpy": (
        """
        def entropy(p):
            return -(p * p.log()).nan_to_num().sum(axis=-1, keepdims=True)
        """,
        ["keep"],
        ["(N, 1) against (N,)"],
    ),
    "entropy: a small number beside the logarithm": (
        """
        def entropy(p):
            return -(p * (p + 1e-6).log()).sum(-1)
        """,
        ["A small number inside the logarithm"],
        ["its sign"],
    ),
    "entropy: a shape that is not there": (
        """
        def entropy(p):
            return -sum(p[:, k] * p[:, k].log() for k in range(p.shape[1]))
        """,
        ["fewer dimensions here"],
        ["list as long"],
    ),
    "entropy: np.log": (
        """
        def entropy(p):
            return -(p * np.log(p)).sum(-1)
        """,
        ["numpy knows nothing of gradients"],
        ["coursekit/"],
    ),
    "entropy: scipy": (
        """
        def entropy(p):
            import scipy.stats
            return torch.tensor(scipy.stats.entropy(p.detach().numpy(), axis=-1))
        """,
        ["`scipy`"],
        ["coursekit/"],
    ),
    "entropy: astype": (
        """
        def entropy(p):
            p = p.astype(float)
            return -(p * torch.where(p > 0, p, 1).log()).sum(-1)
        """,
        ["no attribute 'astype'", "`.to("],
        [],
    ),
    "entropy: copy": (
        """
        def entropy(p):
            q = p.copy()
            q[q == 0] = 1
            return -(p * q.log()).sum(-1)
        """,
        ["no attribute 'copy'", "`.clone()`"],
        [],
    ),
    "perplexity: base 2": (
        """
        def perplexity(losses):
            return 2 ** losses.mean()
        """,
        ["2"],
        [],
    ),
    "perplexity: math.exp": (
        """
        def perplexity(losses):
            return math.exp(losses.mean())
        """,
        ["a float", "torch"],
        ["coursekit/"],
    ),
    "perplexity: of each token": (
        """
        def perplexity(losses):
            return losses.exp()
        """,
        ["(2,)", "single number"],
        ["broadcast"],
    ),
    "joint_entropy: rows only": (
        """
        def joint_entropy(joint):
            return -(joint * torch.where(joint > 0, joint, 1).log()).sum(-1)
        """,
        ["single number"],
        ["broadcast"],
    ),
    "joint_entropy: np.where": (
        """
        def joint_entropy(joint):
            return -(joint * torch.tensor(np.where(joint > 0, joint, 1)).log()).sum()
        """,
        ["numpy"],
        ["coursekit/"],
    ),
    "joint_entropy: boolean and": (
        """
        def joint_entropy(joint):
            inside = joint[joint > 0 and joint <= 1]
            return -(inside * inside.log()).sum()
        """,
        ["ambiguous", "`&`"],
        [],
    ),
    "conditional_entropy: divided by the sum": (
        """
        def conditional_entropy(joint):
            joint = joint / joint.sum()
            share = torch.where(joint > 0, joint / joint.sum(1, keepdim=True).clamp(min=1e-38), 1)
            return -(joint * share.log()).sum()
        """,
        ["The table is divided by its sum first"],
        ["NaN"],
    ),
    "conditional_entropy: no keepdim": (
        """
        def conditional_entropy(joint):
            of_x = joint.sum(1)
            share = torch.where(joint > 0, joint / of_x, 1)
            return -(joint * share.log()).sum()
        """,
        [],
        [],
    ),
    "mutual_information: marginals that do not fit": (
        """
        def mutual_information(joint):
            independent = joint.sum(1) * joint.sum(0)
            return (joint * (joint / independent).log()).nansum()
        """,
        ["keepdim=True"],
        ["coursekit/"],
    ),
    "mutual_information: outer with matmul": (
        """
        def mutual_information(joint):
            independent = joint.sum(1, keepdim=True) @ joint.sum(1, keepdim=True)
            return torch.special.xlogy(joint, joint / independent).sum()
        """,
        ["shapes cannot be multiplied", "shape"],
        [],
    ),
    "mutual_information: padded": (
        """
        def mutual_information(joint):
            independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
            return (joint * ((joint + 1e-4) / (independent + 1e-4)).log()).sum()
        """,
        ["A small number inside the logarithm"],
        [],
    ),
    "entr: torch.max of a dimension": (
        """
        def entr(input):
            return -input * input.max(-1).log()
        """,
        ["return_types.max", ".values"],
        [],
    ),
    "entr: NaN is hidden": (
        """
        def entr(input):
            return (-input * input.log()).nan_to_num(0.0)
        """,
        ["masked after the logarithm"],
        [],
    ),
    "entr: not of zero": (
        """
        def entr(input):
            if input == 0:
                return 0
            return -input * input.log()
        """,
        ["ambiguous", "torch.where"],
        [],
    ),
    "pointwise_mutual_information: log2": (
        """
        def pointwise_mutual_information(joint):
            return torch.log2(joint / torch.outer(joint.sum(1), joint.sum(0)))
        """,
        ["bits", "natural logarithm"],
        [],
    ),
    "pointwise_mutual_information: masked as for the average": (
        """
        def pointwise_mutual_information(joint):
            inside = joint > 0
            independent = joint.sum(1, keepdim=True) * joint.sum(0)
            return torch.where(inside, torch.where(inside, joint / independent, 1.0).log(), 0.0)
        """,
        ["as often as if independent", "-inf"],
        [],
    ),
    "pointwise_mutual_information: a row of marginals": (
        """
        def pointwise_mutual_information(joint):
            return torch.log(joint / (joint.sum(1) * joint.sum(0)))
        """,
        ["column"],
        [],
    ),
}
