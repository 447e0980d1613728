"""Wrong answers to the exercises of notebook 11, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "collapse: a list": (
        """
        def collapse(path, blank=0):
            out, before = [], None
            for label in path.tolist():
                if label != before and label != blank:
                    out.append(label)
                before = label
            return out
        """,
        ["list", "torch.tensor("],
        ["has no gradient", "numpy array"],
    ),
    "collapse: a list of tensors": (
        """
        def collapse(path, blank=0):
            return [label for label in path.unique_consecutive() if label != blank]
        """,
        ["list", "torch.stack"],
        ["has no gradient", "numpy array"],
    ),
    "collapse: a tuple": (
        """
        def collapse(path, blank=0):
            merged = path.unique_consecutive()
            return tuple(merged[merged != blank].tolist())
        """,
        ["tuple", "torch.tensor("],
        ["has no gradient", "numpy array", "one of them"],
    ),
    "collapse: a tensor of dtype float": (
        """
        def collapse(path, blank=0):
            out = torch.empty(0)
            for label in path.unique_consecutive():
                if label != blank:
                    out = torch.cat([out, label[None]])
            return out
        """,
        ["float32", "int64"],
        [],
    ),
    "collapse: each label once": (
        """
        def collapse(path, blank=0):
            merged = path.unique()
            return merged[merged != blank]
        """,
        ["unique_consecutive"],
        ["broadcast"],
    ),
    "collapse: blanks first": (
        """
        def collapse(path, blank=0):
            return path[path != blank].unique_consecutive()
        """,
        ["blank"],
        ["broadcast"],
    ),
    "collapse: the last run lost": (
        """
        def collapse(path, blank=0):
            out = []
            for now, then in zip(path[:-1], path[1:]):
                if now != then and now != blank:
                    out.append(now)
            return torch.stack(out) if out else path[:0]
        """,
        ["The last run is lost"],
        ["broadcast"],
    ),
    "collapse: the first lost": (
        """
        def collapse(path, blank=0):
            changed = path[1:][path[1:] != path[:-1]]
            return changed[changed != blank]
        """,
        ["first frame is lost"],
        ["broadcast"],
    ),
    "collapse: a stack of nothing": (
        """
        def collapse(path, blank=0):
            merged = path.unique_consecutive()
            return torch.stack([label for label in merged if label != blank])
        """,
        ["non-empty", "empty"],
        [],
    ),
    "ctc_by_enumeration: a number": (
        """
        def ctc_by_enumeration(probs, target, blank=0):
            return 0.88
        """,
        ["a float"],
        [],
    ),
    "ctc_by_enumeration: 0.0 for the impossible": (
        """
        def ctc_by_enumeration(probs, target, blank=0):
            T, C = probs.shape
            total = 0.0
            for path in torch.cartesian_prod(*[torch.arange(C)] * T).reshape(-1, T):
                merged = path.unique_consecutive()
                if merged[merged != blank].tolist() == target.tolist():
                    total = total + probs[torch.arange(T), path].prod()
            return total
        """,
        ["a float", "began with a number"],
        [],
    ),
    "ctc_by_enumeration: paths as indices": (
        """
        from itertools import product

        def ctc_by_enumeration(probs, target, blank=0):
            total = probs.new_zeros(())
            for path in product(range(probs.shape[1]), repeat=probs.shape[0]):
                if path == target:
                    total = total + math.prod(probs[path])
            return total
        """,
        [],
        [],
    ),
    "ctc_states: no last blank": (
        """
        def ctc_states(target, blank=0):
            out = []
            for label in target.tolist():
                out += [blank, label]
            return torch.tensor(out, dtype=target.dtype)
        """,
        ["blank"],
        ["broadcast"],
    ),
    "ctc_states: floats": (
        """
        def ctc_states(target, blank=0):
            out = torch.full((2 * len(target) + 1,), float(blank))
            out[1::2] = target
            return out
        """,
        ["float32", "int64"],
        [],
    ),
    "ctc_states: one column each": (
        """
        def ctc_states(target, blank=0):
            out = torch.full((2 * len(target) + 1, 1), blank)
            out[1::2, 0] = target
            return out
        """,
        ["size 1 too many"],
        ["(N, 1) against (N,)"],
    ),
    "ctc_skips: a list of bools": (
        """
        def ctc_skips(target, blank=0):
            states = [blank]
            for label in target.tolist():
                states += [label, blank]
            return [i > 1 and s != blank and s != states[i - 2] for i, s in enumerate(states)]
        """,
        ["list", "torch.tensor("],
        ["has no gradient"],
    ),
    "ctc_skips: into every label": (
        """
        def ctc_skips(target, blank=0):
            return torch.arange(2 * len(target) + 1) % 2 == 1
        """,
        ["first label can be jumped into"],
        [],
    ),
    "ctc_skips: as long as the word": (
        """
        def ctc_skips(target, blank=0):
            return target[1:] != target[:-1]
        """,
        ["fewer"],
        ["broadcast"],
    ),
    "ctc_alpha: filled in place": (
        """
        def ctc_alpha(log_probs, target, blank=0):
            T = log_probs.shape[0]
            states = [blank]
            for label in target.tolist():
                states += [label, blank]
            S = len(states)
            a = torch.full((T, S), -torch.inf)
            a[0, 0] = log_probs[0, blank]
            if S > 1:
                a[0, 1] = log_probs[0, states[1]]
            for t in range(1, T):
                for s in range(S):
                    ways = [a[t - 1, s]]
                    if s > 0:
                        ways.append(a[t - 1, s - 1])
                    if s > 1 and states[s] != blank and states[s] != states[s - 2]:
                        ways.append(a[t - 1, s - 2])
                    a[t, s] = torch.stack(ways).logsumexp(0) + log_probs[t, states[s]]
            return a
        """,
        ["NaN", "logsumexp"],
        [],
    ),
    "ctc_alpha: filled in place, by logaddexp": (
        """
        def ctc_alpha(log_probs, target, blank=0):
            T = log_probs.shape[0]
            states = [blank]
            for label in target.tolist():
                states += [label, blank]
            S = len(states)
            a = torch.full((T, S), -1e30)
            a[0, :2] = log_probs[0, states[:2]]
            for t in range(1, T):
                for s in range(S):
                    total = a[t - 1, s]
                    if s > 0:
                        total = torch.logaddexp(total, a[t - 1, s - 1])
                    if s > 1 and states[s] != blank and states[s] != states[s - 2]:
                        total = torch.logaddexp(total, a[t - 1, s - 2])
                    a[t, s] = total + log_probs[t, states[s]]
            return torch.where(a < -1e20, -torch.inf, a)
        """,
        ["requires_grad=True", ".backward()", "torch.stack", "writes into"],
        ["Paste the line"],
    ),
    "ctc_alpha: probabilities": (
        """
        def ctc_alpha(log_probs, target, blank=0):
            T = log_probs.shape[0]
            states = [blank]
            for label in target.tolist():
                states += [label, blank]
            rows = [log_probs[0, states].exp()]
            for t in range(1, T):
                rows.append(rows[-1] * log_probs[t, states].exp())
            return torch.stack(rows)
        """,
        ["ln 0 is -inf"],
        [],
    ),
    "ctc_alpha: as many states as labels": (
        """
        def ctc_alpha(log_probs, target, blank=0):
            return log_probs[:, target].cumsum(0)
        """,
        ["fewer", "dimension"],
        ["broadcast"],
    ),
    "ctc_alpha: no last state": (
        """
        def ctc_alpha(log_probs, target, blank=0):
            states = [blank]
            for label in target.tolist():
                states += [label, blank]
            return log_probs[:, states].cumsum(0)[:, :-1]
        """,
        ["1 entry fewer", "dimension 1"],
        ["broadcast"],
    ),
    "ctc_loss: no zero_infinity": (
        """
        def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean"):
            return -log_probs.sum()
        """,
        [],
        [],
    ),
    "ctc_loss: lengths as numbers": (
        """
        def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
            losses = []
            for n in range(log_probs.shape[1]):
                frames = log_probs[:input_lengths, n]
                losses.append(-frames[:, blank].sum())
            return torch.stack(losses)
        """,
        ['`reduction="sum"` asks for a single number'],
        [],
    ),
}
