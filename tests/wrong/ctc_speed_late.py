"""Wrong answers to the exercises of notebook 14, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""


def ctc_scaled__forgets_last_log(log_probs, target, blank=0):
    p = log_probs.exp()
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    a = [p[0, s[i]] if i < 2 else p[0, 0] * 0 for i in range(len(s))]
    for t in range(1, len(p)):
        new = []
        for i in range(len(s)):
            v = a[i] + (a[i - 1] if i else 0)
            if i > 1 and s[i] != blank and s[i] != s[i - 2]:
                v = v + a[i - 2]
            new.append(v * p[t, s[i]])
        a = new
        c = sum(a)
        a = [x / c for x in a]
    return -sum(a[-2:]).log()
