"""Wrong answers to the exercises of notebook 12, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "ctc_beta: a table of tensors": (
        """
        def ctc_beta(log_probs, target, blank=0):
            T, S = len(log_probs), 2 * len(target) + 1
            return torch.tensor([[log_probs[t] for _ in range(S)] for t in range(T)])
        """,
        ["torch.stack"],
        [],
    ),
    "ctc_beta: one row too many": (
        """
        def ctc_beta(log_probs, target, blank=0):
            S = 2 * len(target) + 1
            return torch.zeros(len(log_probs) + 1, S)
        """,
        ["1 entry more", "dimension 0"],
        ["broadcast"],
    ),
    "ctc_beta: states first": (
        """
        def ctc_beta(log_probs, target, blank=0):
            S = 2 * len(target) + 1
            return torch.full((S, len(log_probs)), -torch.inf)
        """,
        ["order", "dimensions"],
        ["broadcast"],
    ),
    "ctc_occupancy: by states": (
        """
        def ctc_occupancy(log_probs, target, blank=0):
            S = 2 * len(target) + 1
            return torch.full((len(log_probs), S), 1 / S)
        """,
        ["more"],
        ["broadcast"],
    ),
    "greedy_decode: a list": (
        """
        def greedy_decode(log_probs, blank=0):
            out, before = [], blank
            for label in log_probs.argmax(-1).tolist():
                if label != blank and label != before:
                    out.append(label)
                before = label
            return out
        """,
        ["list", "torch.tensor("],
        ["has no gradient"],
    ),
    "greedy_decode: not merged": (
        """
        def greedy_decode(log_probs, blank=0):
            best = log_probs.argmax(-1)
            return best[best != blank]
        """,
        ["Runs are not merged"],
        ["broadcast"],
    ),
    "greedy_decode: values in place of classes": (
        """
        def greedy_decode(log_probs, blank=0):
            best = log_probs.max(-1)
            return best.indices[best != blank]
        """,
        [],
        [],
    ),
    "edit_distance: an int": (
        """
        def edit_distance(reference, hypothesis):
            a, b = reference.tolist(), hypothesis.tolist()
            row = list(range(len(b) + 1))
            for i, x in enumerate(a, 1):
                above, row[0] = row[0], i
                for j, y in enumerate(b, 1):
                    above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
            return row[-1]
        """,
        ["an int", "torch.tensor("],
        ["has no gradient"],
    ),
    "edit_distance: a numpy integer": (
        """
        def edit_distance(reference, hypothesis):
            a, b = reference.numpy(), hypothesis.numpy()
            table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
            table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
            for i in range(len(a)):
                for j in range(len(b)):
                    ways = table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (a[i] != b[j])
                    table[i + 1, j + 1] = min(ways)
            return table[-1, -1]
        """,
        ["numpy.int64", "torch.tensor("],
        ["has no gradient"],
    ),
    "edit_distance: place with place": (
        """
        def edit_distance(reference, hypothesis):
            return (reference != hypothesis).sum()
        """,
        ["size", "shape"],
        [],
    ),
    "prefix_beam_search: the keys of a dictionary": (
        """
        def prefix_beam_search(log_probs, beam_width, blank=0):
            beams = {(): (0.0, -math.inf)}
            for frame in log_probs:
                for prefix, (in_blank, in_label) in beams:
                    beams[prefix] = in_blank + frame[0], in_label
            return torch.tensor([])
        """,
        ["`.items()`"],
        ["coursekit/"],
    ),
    "prefix_beam_search: a tuple": (
        """
        def prefix_beam_search(log_probs, beam_width, blank=0):
            return (1,)
        """,
        ["tuple of 1", "comma", "torch.tensor("],
        ["has no gradient"],
    ),
    "prefix_beam_search: a string of labels": (
        """
        def prefix_beam_search(log_probs, beam_width, blank=0):
            return "".join(str(label) for label in log_probs.argmax(-1).tolist() if label != blank)
        """,
        ["a str", "tensor"],
        ["has no gradient"],
    ),
    "prefix_beam_search: sorted dictionaries": (
        """
        def prefix_beam_search(log_probs, beam_width, blank=0):
            beams = {(): 0.0}
            for frame in log_probs:
                grown = {}
                for prefix, value in beams.items():
                    for label, p in enumerate(frame.tolist()):
                        key = prefix if label == blank else prefix + (label,)
                        grown[key] = np.logaddexp(grown.get(key, -math.inf), value + p)
                beams = sorted(grown.items(), key=lambda item: -item[1])[:beam_width]
            return torch.tensor(max(beams, key=beams.get))
        """,
        ["'list' object has no attribute"],
        [],
    ),
    "ctc_loss_from_logits: reduction ignored": (
        """
        def ctc_loss_from_logits(
            logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
        ):
            return -logits.log_softmax(-1)[0, :, 1].mean()
        """,
        [],
        ["only one dimension"],
    ),
    "ctc_loss_from_logits: a Function without ctx": (
        """
        class Own(torch.autograd.Function):
            @staticmethod
            def forward(ctx, logits):
                return -logits.log_softmax(-1)[0, :, 1]

            @staticmethod
            def backward(ctx, slope):
                return slope, None, None

        def ctc_loss_from_logits(
            logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
        ):
            return Own.apply(logits)
        """,
        ["in that argument's shape"],
        [],
    ),
}
