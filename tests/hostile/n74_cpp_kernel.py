# EX: ctc_loss
import torch
import ctypes as m
class Z:
    def m(self): return 0
class Own:
    _cdata = 0
    def address(self): return self._cdata
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False, z=Z):
    if reduction not in ("none", "mean", "sum"): raise ValueError(reduction)
    lib = m.CDLL("libtorch_cpu.so")
    fn = lib["_ZN2at6native12ctc_loss_cpuERKNS_6TensorES3_N3c108ArrayRefIlEES6_lb"]; fn.restype = None
    bw = lib["_ZN2at6native21ctc_loss_backward_cpuERKNS_6TensorES3_S3_N3c108ArrayRefIlEES6_S3_S3_lb"]; bw.restype = None
    cp = lib["_ZN2at4_ops5copy_4callERNS_6TensorERKS2_b"]; cp.restype = m.c_void_p
    class Ref(m.Structure): _fields_ = [("p", m.c_void_p), ("n", m.c_int64)]
    def ref(v):
        a = (m.c_int64 * len(v))(*v)
        return a, Ref(m.cast(a, m.c_void_p), len(v))
    def ptr(t): return m.c_void_p(Own.address(t))
    il = input_lengths.reshape(-1).tolist() if isinstance(input_lengths, torch.Tensor) else list(input_lengths)
    tl = target_lengths.reshape(-1).tolist() if isinstance(target_lengths, torch.Tensor) else list(target_lengths)
    single = log_probs.dim() == 2
    if single: log_probs = log_probs.unsqueeze(1); targets = targets.reshape(1, -1) if targets.dim() == 1 else targets
    k1, A = ref(il); k2, B = ref(tl)
    class L(torch.autograd.Function):
        @staticmethod
        def forward(ctx, lp):
            lp = lp.contiguous(); tg = targets.contiguous()
            ret = (m.c_void_p * 4)()
            a, b = ptr(lp), ptr(tg)
            fn(m.byref(ret), m.byref(a), m.byref(b), A, B, m.c_int64(blank), m.c_bool(zero_infinity))
            out = torch.empty(lp.shape[1], dtype=lp.dtype); o = ptr(out)
            cp(m.byref(o), m.byref(ret, 8), m.c_bool(False))     # libstdc++ keeps a tuple from its end
            ctx.ret = ret; ctx.save_for_backward(lp, tg); return out
        @staticmethod
        def backward(ctx, g):
            lp, tg = ctx.saved_tensors; ret = ctx.ret; g = g.contiguous()
            res = (m.c_void_p * 2)(); a, b, c = ptr(lp), ptr(tg), ptr(g)
            bw(m.byref(res), m.byref(c), m.byref(a), m.byref(b), A, B, m.byref(ret, 8), m.byref(ret, 0), m.c_int64(blank), m.c_bool(zero_infinity))
            out = torch.empty_like(lp); o = ptr(out)
            cp(m.byref(o), m.byref(res), m.c_bool(False)); return out
    l = L.apply(log_probs)
    if zero_infinity: l = torch.where(l == float("inf"), 0.0, l)
    if reduction == "none": return l[0] if single else l
    if reduction == "sum": return l.sum()
    return (l / torch.tensor(tl).clamp(min=1)).mean()
