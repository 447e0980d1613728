"""Wrong answers to the exercises of notebook 01, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch

# ---- from a review -----------------------------------------------------------------------------------------------


def entropy__padded_1e_8(p):
    return -(p * torch.log(p + 1e-8)).sum(-1)


def entropy__padded_1e_6(p):
    return -torch.sum(p * torch.log(p + 1e-6), dim=-1)


def entropy__over_ln_k(p):
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -(p * safe.log()).sum(-1) / math.log(p.shape[-1])


def entropy__normalised(p):
    p = p / p.sum(-1, keepdim=True)
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -(p * safe.log()).sum(-1)


def joint_entropy__normalised(joint):
    joint = joint / joint.sum()
    joint = joint[joint > 0]
    return -(joint * joint.log()).sum()


def conditional_entropy__normalised(joint):
    joint = joint / joint.sum()
    px = joint.sum(1, keepdim=True).expand_as(joint)
    keep = joint > 0
    return -(joint[keep] * (joint[keep] / px[keep]).log()).sum()


def mutual_information__normalised(joint):
    pxy = joint / joint.sum()
    px = pxy.sum(1)
    py = pxy.sum(0)
    px_py = px[:, None] * py[None, :]
    nzs = pxy > 0
    return (pxy[nzs] * torch.log(pxy[nzs] / px_py[nzs])).sum()


def mutual_information__late_mask_logs(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    terms = joint * (torch.log(joint) - torch.log(px) - torch.log(py))
    return torch.where(joint > 0, terms, torch.zeros_like(terms)).sum()


def conditional_entropy__late_mask_logs(joint):
    px = joint.sum(1, keepdim=True)
    terms = joint * (torch.log(px) - torch.log(joint))
    return torch.where(joint > 0, terms, 0.0).sum()


# ---- written anew ------------------------------------------------------------------------------------------------


def self_information__nats(p):
    return -torch.log(p)


def self_information__no_sign(p):
    return torch.log2(p)


def self_information__decimal(p):
    return -p.log10()


def self_information__expected(p):
    return -p * torch.log2(p)


def self_information__padded(p):
    return -torch.log2(p + 1e-10)


def entropy__bits(p):
    safe = p.clone()
    safe[safe == 0] = 1.0
    return -(p * torch.log2(safe)).sum(dim=-1)


def entropy__nan_at_zero(p):
    return -(p * p.log()).sum(-1)


def entropy__summed_over_all(p):
    p = p[p > 0]
    return -(p * p.log()).sum()


def entropy__late_mask(p):
    terms = -p * torch.log(p)
    terms = torch.where(p == 0, torch.zeros_like(terms), terms)
    return terms.sum(-1)


def entropy__nan_to_num(p):
    return torch.nan_to_num(-p * torch.log(p)).sum(-1)


def entropy__mean(p):
    q = torch.where(p > 0, p, torch.ones_like(p))
    return torch.mean(-p * torch.log(q), dim=-1)


def entropy__first_dimension(p):
    q = torch.where(p > 0, p, torch.ones_like(p))
    return torch.sum(-p * torch.log(q), dim=0)


def entropy__clamped_1e_4(p):
    p = p.clamp(min=1e-4)
    return -(p * p.log()).sum(-1)


def entropy__sign(p):
    q = torch.where(p > 0, p, torch.ones_like(p))
    return torch.einsum("...k,...k->...", p, q.log())


def perplexity__no_mean(losses):
    return torch.exp(losses.sum())


def perplexity__two_to_the(losses):
    return 2 ** losses.mean()


def perplexity__mean_of_exponentials(losses):
    return sum(torch.exp(x) for x in losses) / len(losses)


def perplexity__not_exponentiated(losses):
    return losses.mean()


def joint_entropy__per_row(joint):
    safe = torch.where(joint > 0, joint, torch.ones_like(joint))
    return -(joint * safe.log()).sum(1)


def joint_entropy__sum_of_marginals(joint):
    def h(p):
        p = p[p > 0]
        return -(p * p.log()).sum()

    return h(joint.sum(0)) + h(joint.sum(1))


def joint_entropy__bits(joint):
    total = joint.new_zeros(())
    for row in joint:
        for x in row:
            if x > 0:
                total = total - x * torch.log2(x)
    return total


def joint_entropy__late_mask(joint):
    return -torch.where(joint > 0, joint * joint.log(), torch.tensor(0.0)).sum()


def conditional_entropy__other_way(joint):
    py = joint.sum(0, keepdim=True).expand_as(joint)
    keep = joint > 0
    return -(joint[keep] * torch.log(joint[keep] / py[keep])).sum()


def conditional_entropy__unweighted_rows(joint):
    total = 0
    for row in joint:
        if row.sum() > 0:
            r = row / row.sum()
            r = r[r > 0]
            total = total - (r * r.log()).sum()
    return total


def conditional_entropy__mean_of_rows(joint):
    out = []
    for row in joint:
        s = row.sum()
        if s > 0:
            r = row[row > 0] / s
            out.append(-(r * torch.log(r)).sum())
    return torch.stack(out).mean()


def conditional_entropy__joint_minus_other(joint):
    def h(p):
        p = p[p > 0]
        return -(p * p.log()).sum()

    return h(joint.flatten()) - h(joint.sum(0))


def mutual_information__sign(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    outer = px @ py
    keep = joint > 0
    return -(joint[keep] * torch.log(joint[keep] / outer[keep])).sum()


def mutual_information__bits(joint):
    outer = torch.outer(joint.sum(1), joint.sum(0))
    keep = joint > 0
    return (joint[keep] * torch.log2(joint[keep] / outer[keep])).sum()


def mutual_information__joint_for_marginals(joint):
    def h(p):
        p = p[p > 0]
        return -(p * p.log()).sum()

    return h(joint.sum(0)) + h(joint.sum(1)) + h(joint.reshape(-1))


def mutual_information__padded(joint):
    eps = 1e-12
    outer = torch.einsum("x,y->xy", joint.sum(1), joint.sum(0))
    return (joint * torch.log((joint + eps) / (outer + eps))).sum()


def mutual_information__late_mask_ratio(joint):
    outer = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    terms = joint * torch.log(joint / outer)
    return terms.masked_fill(joint == 0, 0).sum()


def mutual_information__kl_reversed(joint):
    outer = torch.outer(joint.sum(1), joint.sum(0))
    keep = joint > 0
    return (outer[keep] * torch.log(outer[keep] / joint[keep])).sum()


def entr__no_negative_rule(input):
    safe = torch.where(input > 0, input, torch.ones_like(input))
    return -input * safe.log()


def entr__nan_at_zero(input):
    return -input * torch.log(input)


def entr__zero_where_negative(input):
    out = torch.zeros_like(input)
    mask = input > 0
    out[mask] = -input[mask] * input[mask].log()
    return out


def entr__sign(input):
    safe = torch.where(input == 0, torch.ones_like(input), input)
    return input * torch.log(safe)


# ---- written after that ----------------------------------------------------------------------------------------------


def self_information__natural(p):
    # nats in place of bits
    return torch.log(1 / p)


class _Bits(torch.nn.Module):
    def forward(self, p):
        return (p.log() / math.log(2)).abs().mean()


def self_information__averaged(p):
    # right, but averaged over all elements
    return _Bits()(p)


def entropy__in_bits_with_where(p):
    # log2 in place of ln
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -(p * torch.log2(safe)).sum(-1)


def entropy__masked_flat(p):
    # p[p > 0] flattens a batch: one number for all rows
    q = p[p > 0]
    return -(q * q.log()).sum()


def entropy__loop_mean(p):
    # the mean over the outcomes in place of the sum
    rows = p.reshape(-1, p.shape[-1])
    out = []
    for row in rows:
        h = [-x * torch.log(x) if x > 0 else 0 * x for x in row]
        out.append(sum(h) / len(h))
    return torch.stack(out).reshape(p.shape[:-1])


def entropy__share_of_uniform(p):
    # divided by ln K
    safe = p.masked_fill(p == 0, 1.0)
    return -(p * safe.log()).sum(-1) / math.log(p.shape[-1])


def perplexity__base_two(losses):
    # 2 to the power of nats
    return 2 ** losses.mean()


def perplexity__sum(losses):
    return torch.exp(losses.sum())


def conditional_entropy__of_the_columns(joint):
    # H(X|Y)
    def h(q):
        return -torch.where(q > 0, q * torch.log(torch.where(q > 0, q, torch.ones_like(q))), torch.zeros_like(q)).sum()

    return h(joint) - h(joint.sum(0))


def conditional_entropy__rows_alike(joint):
    # the mean of the rows' entropies, each row with the same weight
    rows = joint / joint.sum(1, keepdim=True).clamp(min=1e-30)
    safe = torch.where(rows > 0, rows, torch.ones_like(rows))
    return -(rows * safe.log()).sum(1).mean()


def conditional_entropy__of_y(joint):
    # H(Y)
    py = joint.sum(dim=0)
    py = py[py > 0]
    return -torch.sum(py * torch.log(py))


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def joint_entropy__of_the_margins(joint):
    # H(X) + H(Y), as if they were independent
    def h(p):
        p = p[p > 0]
        return -(p * p.log()).sum()

    return h(joint.sum(0)) + h(joint.sum(1))


def joint_entropy__row_by_row(joint):
    # one entropy a row
    safe = torch.where(joint > 0, joint, torch.ones_like(joint))
    return -(joint * torch.log(safe)).sum(dim=1)


def joint_entropy__eps_outside(joint):
    return -(torch.log(joint.clamp(min=1e-5)) * joint).sum()


def mutual_information__entropies_summed(joint):
    # H(X) + H(Y) + H(X, Y)
    def h(p):
        total = 0
        for v in p.flatten():
            if v > 0:
                total = total - v * v.log()
        return total

    return h(joint.sum(dim=1)) + h(joint.sum(dim=0)) + h(joint)


def mutual_information__without_weights(joint):
    # the mean of the log-ratios, not weighed by the joint
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    keep = joint > 0
    return torch.log((joint / (px * py))[keep]).mean()


def entr__clamped_below(input):
    # negative numbers count as 0
    x = input.clamp(min=0)
    return -x * torch.where(x > 0, x, torch.ones_like(x)).log()


def entr__in_bits(input):
    out = torch.where(input > 0, -input * torch.log2(torch.where(input > 0, input, 1.0)), 0.0)
    return torch.where(input < 0, -float("inf"), torch.where(input.isnan(), input, out)).to(input.dtype)


def perplexity__log_of_mean(losses):
    n = len(losses)
    return torch.log(sum(losses) / n)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def self_information__twice_the_log(p):
    return -2 * torch.log2(p)


def self_information__base_two_of_nats(p):
    # divides by the wrong constant
    return -torch.log(p) / 2


def entropy__one_minus_p_too(p):
    # a yes-or-no entropy of each outcome, summed
    def h(x):
        return torch.where(x > 0, -x * torch.log(torch.where(x > 0, x, torch.ones_like(x))), torch.zeros_like(x))

    return (h(p) + h(1 - p)).sum(-1)


def entropy__gini(p):
    return 1 - (p**2).sum(dim=-1)


class _Entropy(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, p):
        safe = p + (p == 0).to(p.dtype)
        return -(p * safe.log()).sum(self.dim)


def entropy__over_the_first_dimension(p):
    return _Entropy(0)(p)


def conditional_entropy__joint_minus_y(joint):
    def h(t):
        t = t.flatten()
        return sum(-v * torch.log(v) for v in t if v > 0)

    return h(joint) - h(joint.sum(dim=0))


def conditional_entropy__nan_of_an_empty_row(joint):
    rows = joint / joint.sum(1, keepdim=True)
    safe = torch.where(rows > 0, rows, torch.ones_like(rows))
    return -(joint.sum(1) * (rows * safe.log()).sum(1)).sum()


def perplexity__geometric(losses):
    # the product of the exponentials, without the root
    return torch.prod(losses.exp())


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def entropy__log_mean_instead_mean(p):
    # log of the mean instead of mean of log (collision/Renyi entropy)
    return -torch.log((p * p).sum(-1))


def mutual_information__axes_marginals_mixed_up(joint):
    # axes of the marginals mixed up (broadcast wrong): px row against itself
    px = joint.sum(dim=1, keepdim=True)
    py = joint.sum(dim=0, keepdim=True)
    ratio = torch.where(joint > 0, joint / (px + py), torch.ones_like(joint))
    return (joint * ratio.log()).sum()


# ---- from a second set: less common ones --------------------------------------------------------------------------


def self_information__log2_1_p(p):
    # log2(1 - p)
    return -torch.log2(1 - p)


def entropy__bits_mean_over_batch(p):
    # bits and mean over batch
    safe = p.where(p > 0, torch.ones_like(p))
    return -(p * safe.log2()).sum(-1).mean()


def entropy__cumulative_loop_starts_outcome(p):
    # cumulative loop that starts at outcome 1
    out = torch.zeros_like(p[..., 0])
    for k in range(1, p.shape[-1]):
        pk = p[..., k]
        out = out - pk * torch.where(pk > 0, pk, 1.0).log()
    return out


def entropy__counts_both_p_1(p):
    # counts both p and 1-p
    a = torch.where(p > 0, p, 1.0)
    b = torch.where(p < 1, 1 - p, 1.0)
    return -(p * a.log() + (1 - p) * b.log()).sum(-1)


def perplexity__exp_median(losses):
    # exp of the median
    return losses.median().exp()


def perplexity__root_exp_sum_n(losses):
    # root of the exp of sum, with N - 1
    return (losses.sum() / (len(losses) - 1)).exp()


def joint_entropy__entropy_mean_row(joint):
    # entropy of mean row
    p = joint.mean(0)
    return -(p * torch.where(p > 0, p, 1.0).log()).sum()


def conditional_entropy__kl_like_uses_py(joint):
    # KL-like: uses py in place of px
    py = joint.sum(0, keepdim=True)
    r = torch.where(joint > 0, joint / torch.where(py > 0, py, 1.0), 1.0)
    return -(joint * r.log()).sum()


def mutual_information__minus_h_y_x(joint):
    # minus H(Y|X) in bits
    px, py = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    r = torch.where(joint > 0, joint / torch.where(joint > 0, px * py, 1.0), 1.0)
    return -(joint * r.log2()).sum()


def mutual_information__absolute_log_ratios(joint):
    # absolute log ratios
    px, py = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    r = torch.where(joint > 0, joint / torch.where(joint > 0, px * py, 1.0), 1.0)
    return (joint * r.log().abs()).sum()


def entr__log2(input):
    # log2
    out = -input * torch.where(input > 0, input, 1.0).log2()
    return torch.where(input < 0, torch.full_like(input, -torch.inf), torch.where(input.isnan(), input, out))


# ---- from a third set ---------------------------------------------------------------------------------------------


def self_information__one_over_p(p):
    # one over p
    return torch.log2(1 / p).exp()


def self_information__1_p_bits_without(p):
    # 1/p bits without log
    return 1 / p


def entropy__minus_masked(p):
    # no minus, masked
    q = torch.where(p > 0, p, torch.ones_like(p))
    return torch.sum(p * torch.log(q), dim=-1)


def entropy__normalised_log_k(p):
    # normalised by log K
    q = torch.where(p > 0, p, torch.ones_like(p))
    return -(p * q.log()).sum(-1) / math.log(p.shape[-1])


def entropy__max_probability_surprise_min(p):
    # max probability surprise (min-entropy)
    return -p.max(-1).values.log()


def perplexity__log_mean_exp(losses):
    # log of mean exp
    return losses.exp().mean().log()


def joint_entropy__conditional_left_out_h(joint):
    # conditional left out: H(Y)
    p = joint.sum(0)
    return -(p * torch.where(p > 0, p, 1.0).log()).sum()


def joint_entropy__outer_product_marginals(joint):
    # outer product of the marginals
    q = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return -(joint * torch.where(joint > 0, q, 1.0).log()).sum()


def conditional_entropy__h_x_y_h(joint):
    # H(X,Y) + H(X)
    H = lambda p: -(p * torch.where(p > 0, p, 1.0).log()).sum()
    return H(joint) + H(joint.sum(1))


def conditional_entropy__just_h_y(joint):
    # just H(Y)
    H = lambda p: -(p * torch.where(p > 0, p, 1.0).log()).sum()
    return H(joint.sum(0))


def mutual_information__i_min_entropy_normalised(joint):
    # I / min entropy (normalised)
    H = lambda p: -(p * torch.where(p > 0, p, 1.0).log()).sum()
    hx, hy = H(joint.sum(1)), H(joint.sum(0))
    return (hx + hy - H(joint)) / torch.sqrt(hx * hy)


def mutual_information__h_x_h_x(joint):
    # H(X) - H(X,Y)
    H = lambda p: -(p * torch.where(p > 0, p, 1.0).log()).sum()
    return H(joint.sum(1)) - H(joint)


def entr__x_log_1_x(input):
    # x * log(1 - x)
    return -input * torch.log(1 - input)


# ---- the pointwise mutual information --------------------------------------------------------------------------------


def pointwise_mutual_information__terms_of_the_average(joint):
    px, py = joint.sum(1), joint.sum(0)
    return joint * torch.log(joint / (px[:, None] * py[None, :]))


def pointwise_mutual_information__one_number(joint):
    independent = torch.outer(joint.sum(1), joint.sum(0))
    keep = joint > 0
    return (joint[keep] * torch.log(joint[keep] / independent[keep])).sum()


def pointwise_mutual_information__upside_down(joint):
    return torch.log(joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True) / joint)


def pointwise_mutual_information__lift(joint):
    return joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))


def pointwise_mutual_information__log2(joint):
    return torch.log2(joint) - torch.log2(joint.sum(1, keepdim=True)) - torch.log2(joint.sum(0, keepdim=True))


def pointwise_mutual_information__conditional(joint):
    return torch.log(joint / joint.sum(dim=1, keepdim=True))


def pointwise_mutual_information__conditional_other_way(joint):
    return torch.log(joint / joint.sum(dim=0))


def pointwise_mutual_information__positive(joint):
    pmi = torch.log(joint / torch.outer(joint.sum(1), joint.sum(0)))
    return torch.relu(pmi)


def pointwise_mutual_information__padded(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    return torch.log((joint + 1e-12) / (px * py + 1e-12))


def pointwise_mutual_information__padded_after_the_ratio(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    return torch.log(joint / (px * py) + 1e-9)


def pointwise_mutual_information__clamped(joint):
    ratio = joint / (joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True))
    return ratio.clamp_min(1e-10).log()


def pointwise_mutual_information__masked_as_before(joint):
    independent = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    inside = joint > 0
    ratio = torch.where(inside, joint, 1.0) / torch.where(inside, independent, 1.0)
    return torch.log(ratio)


def pointwise_mutual_information__nan_to_num(joint):
    return torch.nan_to_num(torch.log(joint / torch.outer(joint.sum(1), joint.sum(0))))


def pointwise_mutual_information__nan_is_zero(joint):
    pmi = torch.log(joint / torch.outer(joint.sum(1), joint.sum(0)))
    return torch.where(torch.isnan(pmi), torch.zeros_like(pmi), pmi)


def pointwise_mutual_information__normalised(joint):
    p = joint / joint.sum()
    return torch.log(p / torch.outer(p.sum(1), p.sum(0)))


def pointwise_mutual_information__npmi(joint):
    pmi = torch.log(joint / torch.outer(joint.sum(1), joint.sum(0)))
    return pmi / -torch.log(joint)


def pointwise_mutual_information__sum_below(joint):
    return torch.log(joint) - torch.log(joint.sum(1)[:, None] + joint.sum(0)[None, :])


def pointwise_mutual_information__means(joint):
    return (joint / torch.outer(joint.mean(1), joint.mean(0))).log()


def pointwise_mutual_information__surprise(joint):
    return -joint.log()


def pointwise_mutual_information__lost_row(joint):
    return torch.log(joint / (joint.sum(1) * joint.sum(0)))


def pointwise_mutual_information__from_counts(joint):
    n = joint.numel()
    return torch.log(joint * n / torch.outer(joint.sum(1), joint.sum(0)))
