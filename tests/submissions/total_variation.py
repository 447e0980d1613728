def kl_divergence(p, q):
    return 0.5 * (p - q).abs().sum(-1)
