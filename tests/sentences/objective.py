"""Wrong answers to the exercises of notebook 00, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "squared_error: ^ for a power": (
        """
        def squared_error(prediction, target):
            return (prediction - target) ^ 2
        """,
        ["`**`"],
        ["ttempted"],
    ),
    "squared_error: & for a power": (
        """
        def squared_error(prediction, target):
            return (prediction - target) & 2
        """,
        ["`&`", "masks"],
        ["ttempted"],
    ),
    "squared_error: a helper that is not written": (
        """
        class Loss:
            def forward(self, prediction, target):
                raise NotImplementedError

        def squared_error(prediction, target):
            return Loss().forward(prediction, target)
        """,
        ["raised NotImplementedError", "raise NotImplementedError)", "not written"],
        ["ttempted"],
    ),
    "squared_error: a Module without forward": (
        """
        class Loss(nn.Module):
            def forwards(self, prediction, target):
                return (prediction - target) ** 2

        def squared_error(prediction, target):
            return Loss()(prediction, target)
        """,
        ['missing the required "forward" function', "`forward`"],
        ["ttempted", "not written"],
    ),
    "squared_error: the stub": (
        """
        def squared_error(prediction, target):
            raise NotImplementedError("squared_error: write your answer here")
        """,
        ["Not attempted yet."],
        ["raised NotImplementedError: "],
    ),
    "squared_error: the stub with a note of one's own": (
        """
        def squared_error(prediction, target):
            error = prediction - target  # to be continued
            raise NotImplementedError("tomorrow")
        """,
        ["Not attempted yet."],
        [],
    ),
    "squared_error: whole numbers": (
        """
        def squared_error(prediction, target):
            return ((prediction - target) ** 2).int()
        """,
        ["whole numbers", "int32"],
        ["average"],
    ),
    "squared_error: a list": (
        """
        def squared_error(prediction, target):
            return [(p - t) ** 2 for p, t in zip(prediction.flatten(), target.flatten())]
        """,
        ["list", "torch.stack"],
        ["numpy", ".item()"],
    ),
    "squared_error: a comma behind it": (
        """
        def squared_error(prediction, target):
            return (prediction - target) ** 2,
        """,
        ["tuple", "comma"],
        ["numpy", ".item()"],
    ),
    "squared_error: two results": (
        """
        def squared_error(prediction, target):
            error = prediction - target
            return error**2, error
        """,
        ["tuple of 2", "one of them"],
        ["comma behind", "numpy"],
    ),
    "squared_error: async": (
        """
        async def squared_error(prediction, target):
            return (prediction - target) ** 2
        """,
        ["coroutine", "`async`"],
        ["numpy", ".item()"],
    ),
    "squared_error: a generator": (
        """
        def squared_error(prediction, target):
            for p, t in zip(prediction, target):
                yield (p - t) ** 2
        """,
        ["generator", "`yield`"],
        ["numpy", ".item()"],
    ),
    "squared_error: a numpy scalar": (
        """
        def squared_error(prediction, target):
            return np.square(prediction.numpy() - target.numpy()).sum()
        """,
        ["numpy.float32", "numpy"],
        ["Got a float32"],
    ),
    "squared_error: item": (
        """
        def squared_error(prediction, target):
            return (prediction.item() - target.item()) ** 2
        """,
        ["a float", ".item()"],
        ["list", "numpy array"],
    ),
    "squared_error: no return": (
        """
        def squared_error(prediction, target):
            (prediction - target) ** 2
        """,
        ["Got None", "return"],
        [],
    ),
    "squared_error: printed": (
        """
        def squared_error(prediction, target):
            print((prediction - target) ** 2)
        """,
        ["Got None", "return"],
        [],
    ),
    "squared_error: brackets forgotten": (
        """
        def squared_error(prediction, target):
            return (prediction - target).square
        """,
        ["brackets", "()"],
        ["numpy", ".item()"],
    ),
    "squared_error: a function of it": (
        """
        def squared_error(prediction, target):
            def inner():
                return (prediction - target) ** 2
            return inner
        """,
        ["brackets", "()"],
        ["numpy", ".item()"],
    ),
    "squared_error: torch's loss made and not called": (
        """
        def squared_error(prediction, target):
            return nn.Identity()
        """,
        ["Identity", "Call it"],
        ["numpy", ".item()"],
    ),
    "squared_error: a Parameter": (
        """
        def squared_error(prediction, target):
            return nn.Parameter((prediction - target) ** 2)
        """,
        ["Parameter", "begins a graph of its own"],
        ["numpy", ".item()"],
    ),
    "squared_error: a string": (
        """
        def squared_error(prediction, target):
            return f"{(prediction - target) ** 2}"
        """,
        ["a str", "tensor"],
        ["numpy", ".item()"],
    ),
    "squared_error: sparse": (
        """
        def squared_error(prediction, target):
            return ((prediction - target) ** 2).to_sparse()
        """,
        ["sparse", "to_dense"],
        ["numpy", ".item()"],
    ),
    "squared_error: complex numbers": (
        """
        def squared_error(prediction, target):
            return (prediction - target).to(torch.complex64) ** 2
        """,
        ["complex64", ".real"],
        ["numpy", ".item()"],
    ),
    "squared_error: bfloat16": (
        """
        def squared_error(prediction, target):
            return ((prediction - target) ** 2).bfloat16()
        """,
        ["bfloat16", "dtype"],
        ["numpy", ".item()"],
    ),
    "squared_error: rounded on the way": (
        """
        def squared_error(prediction, target):
            distance = torch.round(prediction - target)
            return distance * distance
        """,
        ["not right"],
        ["average"],
    ),
    "squared_error: numpy's mean of a tensor": (
        """
        def squared_error(prediction, target):
            return np.mean((prediction - target) ** 2)
        """,
        ["numpy's functions are not made for tensors"],
        ["parameter of that name"],
    ),
    "squared_error: half precision": (
        """
        def squared_error(prediction, target):
            return ((prediction - target).half() ** 2).float()
        """,
        ["digits"],
        [],
    ),
    "squared_error: one argument": (
        """
        def squared_error(error):
            return error**2
        """,
        ["takes 1 positional argument but 2 were given", "keep the stub's signature"],
        [],
    ),
    "squared_error: three arguments": (
        """
        def squared_error(prediction, target, weight):
            return weight * (prediction - target) ** 2
        """,
        ["missing 1 required positional argument: 'weight'", "keep the stub's signature"],
        [],
    ),
    "squared_error: backward inside": (
        """
        def squared_error(prediction, target):
            loss = (prediction - target) ** 2
            loss.sum().backward()
            return loss
        """,
        ["`backward`", "leave it to"],
        [],
    ),
    "squared_error: no_grad": (
        """
        @torch.no_grad()
        def squared_error(prediction, target):
            return (prediction - target) ** 2
        """,
        ["no gradient flows", "no_grad"],
        [],
    ),
    "squared_error: made anew": (
        """
        def squared_error(prediction, target):
            return torch.tensor([(p - t) ** 2 for p, t in zip(prediction.tolist(), target.tolist())])
        """,
        [".tolist()"],
        [],
    ),
    "squared_error: made anew of tensors": (
        """
        def squared_error(prediction, target):
            return torch.tensor((prediction - target) ** 2)
        """,
        ["no gradient flows", "torch.tensor(x)"],
        ["coursekit/", "UserWarning"],
    ),
    "squared_error: numpy": (
        """
        def squared_error(prediction, target):
            return torch.from_numpy(np.square(prediction.detach().numpy() - target.numpy()))
        """,
        ["numpy knows nothing of gradients"],
        [],
    ),
    "squared_error: numpy not imported": (
        """
        def squared_error(prediction, target):
            return nump.square(prediction - target)
        """,
        ["name 'nump' is not defined", "import"],
        [],
    ),
    "squared_error: a slip of the pen": (
        """
        def squared_error(prediction, target):
            return (predicton - target) ** 2
        """,
        ["name 'predicton' is not defined", "spelt"],
        [],
    ),
    "squared_error: calls itself": (
        """
        def squared_error(prediction, target):
            return squared_error(prediction, target)
        """,
        ["RecursionError", "calls itself"],
        [],
    ),
    "squared_error: an assertion": (
        """
        def squared_error(prediction, target):
            assert prediction.dtype == torch.float64
            return (prediction - target) ** 2
        """,
        ["AssertionError", "your own `assert`"],
        [],
    ),
    "squared_error: input()": (
        """
        def squared_error(prediction, target):
            power = int(input("power? "))
            return (prediction - target) ** power
        """,
        ["EOFError", "Nobody is there"],
        [],
    ),
    "squared_error: unreachable assignment": (
        """
        def squared_error(prediction, target):
            if prediction.ndim > 5:
                result = (prediction - target) ** 2
            return result
        """,
        ["result", "on every branch"],
        [],
    ),
    "squared_error: exit": (
        """
        def squared_error(prediction, target):
            exit()
        """,
        ["SystemExit", "exit"],
        [],
    ),
    "cost: pow of a list": (
        """
        def cost(prediction, target):
            errors = [p - t for p, t in zip(prediction, target)]
            return errors**2
        """,
        ["list", "tensor"],
        [],
    ),
    "cost: a class of that name": (
        """
        class cost(nn.Module):
            def forward(self, prediction, target):
                return ((prediction - target) ** 2).mean()
        """,
        ["is a class", "def cost("],
        ["stub's signature"],
    ),
    "cost: Size as a number": (
        """
        def cost(prediction, target):
            return ((prediction - target) ** 2).sum() / prediction.size()
        """,
        ["`.numel()`"],
        [],
    ),
    "cost: len of a single number": (
        """
        def cost(prediction, target):
            return ((prediction - target) ** 2).sum() / len(prediction.sum())
        """,
        ["0-d", "no dimension"],
        [],
    ),
    "cost: a mean of whole numbers": (
        """
        def cost(prediction, target):
            return ((prediction - target) ** 2).long().mean()
        """,
        ["Long", "whole numbers"],
        [],
    ),
    "cost: keepdim": (
        """
        def cost(prediction, target):
            return ((prediction - target) ** 2).flatten().mean(0, keepdim=True)
        """,
        ["size 1 too many", "keepdim"],
        ["broadcast"],
    ),
    "cost: nothing is reduced": (
        """
        def cost(prediction, target):
            return (prediction - target) ** 2
        """,
        ["mean"],
        ["broadcast"],
    ),
    "cost: in place": (
        """
        def cost(prediction, target):
            prediction -= target
            return (prediction**2).mean()
        """,
        ["in place", "new tensor"],
        [],
    ),
    "cost: Python's sum begins with a list": (
        """
        def cost(prediction, target):
            return sum([(p - t) ** 2 for p, t in zip(prediction, target)], [])
        """,
        ["list", "torch.stack"],
        [],
    ),
    "cost: one's own refusal": (
        """
        def cost(prediction, target):
            if prediction.shape == target.shape:
                raise ValueError("the shapes differ")
            return ((prediction - target) ** 2).mean()
        """,
        ["your own `raise`"],
        ["print them"],
    ),
    "cost: slopes that are 0": (
        """
        def cost(prediction, target):
            distance = prediction - target
            return (distance.detach() ** 2).mean() + 0 * distance.sum()
        """,
        ["All values are right, and a gradient is not", "lets no gradient through"],
        [],
    ),
    "cost: a float": (
        """
        def cost(prediction, target):
            return float(((prediction - target) ** 2).mean())
        """,
        ["a float", "float()"],
        [],
    ),
    "cost: brackets in place of parentheses": (
        """
        def cost(prediction, target):
            return torch.mean[(prediction - target) ** 2]
        """,
        ["not subscriptable", "( )"],
        [],
    ),
    "cost: parentheses in place of a star": (
        """
        def cost(prediction, target):
            return 1 / prediction.numel() * (prediction - target)(prediction - target).sum()
        """,
        ["'Tensor' object is not callable", "`*`"],
        [],
    ),
    "batch_cost: math.fsum": (
        """
        def batch_cost(means, sizes):
            return math.fsum(means * sizes) / sum(sizes)
        """,
        ["no gradient flows"],
        ["coursekit/"],
    ),
    "batch_cost: whole division": (
        """
        def batch_cost(means, sizes):
            return (means * sizes).sum() // sizes.sum()
        """,
        ["2.0000, expected 2.1700"],
        [],
    ),
    "batch_cost: dot of two dtypes": (
        """
        def batch_cost(means, sizes):
            return means @ sizes / sizes.sum()
        """,
        ["same dtype", ".to("],
        [],
    ),
    "batch_cost: the mean of means": (
        """
        def batch_cost(means, sizes):
            return means.mean()
        """,
        ["mean"],
        [],
    ),
    "l2_penalty: norm without a square": (
        """
        def l2_penalty(weights):
            return torch.norm(weights)
        """,
        ["root"],
        [],
    ),
    "l2_penalty: dot of a table": (
        """
        def l2_penalty(weights):
            return weights.dot(weights)
        """,
        ["1D tensors expected", "shape"],
        [],
    ),
    "l2_penalty: sum of a generator with a start": (
        """
        def l2_penalty(weights):
            return sum(w**2 for w in weights)
        """,
        ["single number"],
        ["broadcast"],
    ),
    "l1_penalty: Python's abs of a list": (
        """
        def l1_penalty(weights):
            return abs(weights.tolist())
        """,
        ["list", "tensor"],
        [],
    ),
    "l1_penalty: sign in place of abs": (
        """
        def l1_penalty(weights):
            return weights.sign().sum()
        """,
        [],
        [],
    ),
    "soft_threshold: an if": (
        """
        def soft_threshold(weights, threshold):
            if weights > threshold:
                return weights - threshold
            if weights < -threshold:
                return weights + threshold
            return torch.zeros_like(weights)
        """,
        ["ambiguous", "torch.where"],
        [],
    ),
    "soft_threshold: Python's max": (
        """
        def soft_threshold(weights, threshold):
            return weights.sign() * max(weights.abs() - threshold, 0)
        """,
        ["ambiguous", "torch.maximum"],
        [],
    ),
    "soft_threshold: maximum with a number": (
        """
        def soft_threshold(weights, threshold):
            return weights.sign() * torch.maximum(weights.abs() - threshold, 0)
        """,
        ["must be Tensor, not int", "clamp"],
        [],
    ),
    "soft_threshold: torch.max with a number": (
        """
        def soft_threshold(weights, threshold):
            return weights.sign() * torch.max(weights.abs() - threshold, 0.0)
        """,
        ["invalid combination of arguments", "clamp"],
        [],
    ),
    "soft_threshold: sign of a number": (
        """
        def soft_threshold(weights, threshold):
            return weights - torch.sign(threshold) * weights.clamp(-threshold, threshold)
        """,
        ["must be Tensor, not float", "math"],
        [],
    ),
    "soft_threshold: a mask subtracted": (
        """
        def soft_threshold(weights, threshold):
            small = weights.abs() <= threshold
            return (1 - small) * (weights - threshold * weights.sign())
        """,
        ["bool tensor", "`~`"],
        [],
    ),
    "soft_threshold: a list of tensors and a number": (
        """
        def soft_threshold(weights, threshold):
            return [w - threshold if w > threshold else w + threshold if w < -threshold else 0 for w in weights]
        """,
        ["torch.stack"],
        ["plain numbers"],
    ),
    "soft_threshold: clipped": (
        """
        def soft_threshold(weights, threshold):
            return weights.clamp(-threshold, threshold)
        """,
        ["cuts the weights off"],
        [],
    ),
    "sgd_step: in place": (
        """
        def sgd_step(weights, gradient, learning_rate, weight_decay):
            weights *= 1 - learning_rate * weight_decay
            weights -= learning_rate * gradient
            return weights
        """,
        ["in place", "argument 1"],
        [],
    ),
    "sgd_step: a gradient that is not there": (
        """
        def sgd_step(weights, gradient, learning_rate, weight_decay):
            weights = weights - learning_rate * gradient
            weights.grad.zero_()
            return weights
        """,
        ["None", "`.grad` before any `backward`"],
        ["coursekit/"],
    ),
    "sgd_step: uphill": (
        """
        def sgd_step(weights, gradient, learning_rate, weight_decay):
            return weights + learning_rate * (gradient + weight_decay * weights)
        """,
        ["goes uphill"],
        [],
    ),
    "adam_first_step: sqrt of a number": (
        """
        def adam_first_step(weights, gradient, learning_rate, weight_decay, decoupled):
            return weights - torch.sqrt(learning_rate) * gradient
        """,
        ["must be Tensor, not float", "math"],
        [],
    ),
    "adam_first_step: & with not": (
        """
        def adam_first_step(weights, gradient, learning_rate, weight_decay, decoupled):
            if not decoupled and weights:
                gradient = gradient + weight_decay * weights
            return weights - learning_rate * gradient / (gradient.abs() + 1e-8)
        """,
        ["ambiguous"],
        [],
    ),
}
