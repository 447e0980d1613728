"""Wrong answers to the exercises of notebook 15, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "classifier_loss: arguments exchanged": (
        """
        def classifier_loss(logits, target):
            return F.cross_entropy(target, logits)
        """,
        ["changed places"],
        [],
    ),
    "classifier_loss: the module without an object": (
        """
        def classifier_loss(logits, target):
            return nn.CrossEntropyLoss(logits, target)
        """,
        ["Call it"],
        [],
    ),
    "classifier_loss: the module itself": (
        """
        def classifier_loss(logits, target):
            return nn.CrossEntropyLoss()
        """,
        ["CrossEntropyLoss", "Call it"],
        ["numpy", ".item()"],
    ),
    "classifier_loss: one-hot of the predicted": (
        """
        def classifier_loss(logits, target):
            return F.nll_loss(logits.softmax(-1), target)
        """,
        ["log"],
        [],
    ),
    "student_loss: reduction missing": (
        """
        def student_loss(student_logits, teacher_logits, temperature):
            s = F.log_softmax(student_logits / temperature, -1)
            t = F.softmax(teacher_logits / temperature, -1)
            return temperature**2 * F.kl_div(s, t)
        """,
        ["batchmean"],
        ["coursekit/"],
    ),
    "fit_loss: a word that is none": (
        """
        def fit_loss(log_q, p):
            return F.kl_div(log_q, p, reduction="mean_batch")
        """,
        ["how the word is spelt"],
        ["Paste the line"],
    ),
    "fit_loss: reversed": (
        """
        def fit_loss(log_q, p):
            return F.kl_div(p.log(), log_q.exp(), reduction="batchmean")
        """,
        ["KL"],
        [],
    ),
    "speech_loss: probabilities": (
        """
        def speech_loss(logits, targets, input_lengths, target_lengths):
            return F.ctc_loss(logits.softmax(-1), targets, input_lengths, target_lengths)
        """,
        ["log"],
        [],
    ),
    "regression_loss: broadcast": (
        """
        def regression_loss(prediction, target):
            return F.mse_loss(prediction, target)
        """,
        ["broadcasts to (N, N)"],
        ["coursekit/"],
    ),
    "regression_loss: the class in place of the function": (
        """
        def regression_loss(prediction, target):
            return nn.MSELoss(prediction.squeeze(), target)
        """,
        ["nn.MSELoss()(input, target)"],
        ["torch.where"],
    ),
    "regression_loss: one loss each": (
        """
        def regression_loss(prediction, target):
            return (prediction - target) ** 2
        """,
        ["single number"],
        [],
    ),
    "language_model_loss: no reshape": (
        """
        def language_model_loss(logits, target, padding):
            return F.cross_entropy(logits, target, ignore_index=padding)
        """,
        ["dimension 1"],
        [],
    ),
    "language_model_loss: view of a transposed": (
        """
        def language_model_loss(logits, target, padding):
            places = logits.transpose(0, 1).view(-1, logits.shape[-1])
            return F.cross_entropy(places, target.T.flatten(), ignore_index=padding)
        """,
        ["reshape"],
        [],
    ),
    "loss_floors: a list": (
        """
        def loss_floors(counts, label_smoothing=0.0, weight=None):
            return [math.log(len(counts)), 0.0, 0.0, 0.0]
        """,
        ["a list"],
        ["coursekit/"],
    ),
    "loss_floors: no smoothing in the second softmax": (
        """
        def loss_floors(counts, label_smoothing=0.0, weight=None):
            k = len(counts)
            times = counts if weight is None else counts * weight
            f = (1 - label_smoothing) * times / times.sum() + label_smoothing / k
            q = torch.full_like(counts, label_smoothing / k)
            q[0] += 1 - label_smoothing
            twice = counts.new_tensor(math.log(1 + (k - 1) / math.e))
            start = counts.new_tensor(math.log(k))
            return torch.stack([start, torch.special.entr(f).sum(), twice, torch.special.entr(q).sum()])
        """,
        ["[2] is ln(1 + (K - 1)/e)", "With smoothing"],
        [],
    ),
}
