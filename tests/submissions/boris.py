import torch


def kl_divergence(p, q):
    rows = []
    for p_row, q_row in zip(p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1])):
        total = p_row.new_zeros(())
        for a, b in zip(p_row, q_row):
            if a > 0:
                total = total + a * (torch.log(a) - torch.log(b))
        rows.append(total)
    return torch.stack(rows).reshape(p.shape[:-1])
