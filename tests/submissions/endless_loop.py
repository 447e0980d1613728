import torch


def kl_divergence(p, q):
    total, k = 0, 0
    while k < len(p):
        total = total + p[k] * (p[k] / q[k]).log()
    return total
