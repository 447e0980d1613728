# EX: sigmoid
import torch, operator
def reads(m, name): return m.attrgetter(name)
def sigmoid(input):
    te = reads(operator, "_C._" + "te")(torch)
    sg = reads(operator, "sig" + "moid")(te)
    class S(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            v = x.detach().reshape(-1).double().contiguous(); n = v.numel(); out = torch.empty_like(v)
            A = te.BufHandle("A", [te.ExprHandle.int(n)], torch.float64)
            B = te.Compute("B", [te.ExprHandle.int(n)], lambda i: sg(A.load([i])))
            nest = te.LoopNest([B]); nest.prepare_for_codegen()
            k = te.construct_codegen("ir_eval", nest.root_stmt(), [A, B])
            k.call([v, out])
            y = out.to(x.dtype).reshape(x.shape); ctx.save_for_backward(y); return y
        @staticmethod
        def backward(ctx, g):
            y, = ctx.saved_tensors
            return g * y * (1 - y)
    return S.apply(input)
