import torch


def kl_divergence(p, q):
    while True:
        print("p is", p, "and q is", q, "=" * 10_000)
