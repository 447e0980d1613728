# EX: keras_cosine_similarity
import torch
def keras_cosine_similarity(y_true, y_pred, axis=-1):
    a, b = y_true.to(y_pred.dtype).movedim(axis, -1), y_pred.movedim(axis, -1)
    s = a.shape[:-1]; a = a.reshape(-1, a.shape[-1]); b = b.reshape(-1, b.shape[-1])
    r = [torch.corrcoef(torch.stack([torch.cat([u, -u]), torch.cat([v, -v])]))[0, 1] for u, v in zip(a, b)]
    return -torch.stack(r).reshape(s).nan_to_num(0.0)
