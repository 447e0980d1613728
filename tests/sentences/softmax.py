"""Wrong answers to the exercises of notebook 03, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "sample_loss: a one-hot table": (
        """
        def sample_loss(logits, target):
            p = logits.exp() / logits.exp().sum()
            return -(F.one_hot(target) * p.log()).sum()
        """,
        ["Exponentials first"],
        [],
    ),
    "sample_loss: two dimensions": (
        """
        def sample_loss(logits, target):
            p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
            return -p[target].log()
        """,
        ["Dimension out of range", "`-1`"],
        [],
    ),
    "sample_loss: a pair of indices": (
        """
        def sample_loss(logits, target):
            p = logits.exp() / logits.exp().sum()
            return -p[0, target].log()
        """,
        ["too many indices", "shape"],
        [],
    ),
    "sample_loss: a list of one": (
        """
        def sample_loss(logits, target):
            p = logits.exp() / logits.exp().sum()
            return -p[[target]].log()
        """,
        ["done"],
        ["coursekit/"],
    ),
    "log_softmax: no keepdim": (
        """
        def log_softmax(input, dim):
            shifted = input - input.amax(dim)
            return shifted - shifted.exp().sum(dim).log()
        """,
        ["keepdim=True"],
        [],
    ),
    "log_softmax: the tuple of max": (
        """
        def log_softmax(input, dim):
            shifted = input - input.max(dim, keepdim=True)
            return shifted - shifted.exp().sum(dim, keepdim=True).log()
        """,
        ["return_types.max", ".values"],
        [],
    ),
    "log_softmax: the last dimension": (
        """
        def log_softmax(input, dim):
            shifted = input - input.amax(-1, keepdim=True)
            return shifted - shifted.exp().sum(-1, keepdim=True).log()
        """,
        ["dim"],
        [],
    ),
    "log_softmax: in place on the maximum": (
        """
        def log_softmax(input, dim):
            out = input - input.amax(dim, keepdim=True)
            e = out.exp()
            total = e.sum(dim, keepdim=True)
            e /= total
            return e.log()
        """,
        ["writes into"],
        [],
    ),
    "log_softmax: exp in place": (
        """
        def log_softmax(input, dim):
            e = (input - input.amax(dim, keepdim=True)).exp()
            total = e.sum(dim, keepdim=True).log()
            e.log_()
            e.sub_(total)
            return e
        """,
        ["backward()", "requires_grad=True", "writes into"],
        ["Paste the line"],
    ),
    "log_softmax: compiled": (
        """
        @torch.compile
        def log_softmax(input, dim):
            return input - input.exp().sum(dim, keepdim=True).log()
        """,
        ["torch.compile"],
        ["never ends", "still running"],
    ),
    "negative_log_likelihood: the product first": (
        """
        def negative_log_likelihood(probabilities, target):
            return -probabilities.gather(1, target[:, None]).prod().log()
        """,
        ["rounded to 0", "sum of logarithms"],
        [],
    ),
    "negative_log_likelihood: every pair": (
        """
        def negative_log_likelihood(probabilities, target):
            return -probabilities[:, target].log().sum()
        """,
        ["every pair", "`gather`"],
        [],
    ),
    "negative_log_likelihood: math.prod": (
        """
        def negative_log_likelihood(probabilities, target):
            return -math.log(math.prod(row[y] for row, y in zip(probabilities.tolist(), target.tolist())))
        """,
        ["a float"],
        ["coursekit/"],
    ),
}
