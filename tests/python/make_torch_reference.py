"""Make tests/data/torch/reference.txt: the runs of torch_cases.py in PyTorch (Debian: python3-torch), float64.

    /usr/bin/python3 tests/python/make_torch_reference.py

PyTorch's own optimizers, losses and automatic differentiation; by hand are what it does not have: feedback in the place
of W^T, decay beside the gradient that the rate does not multiply, and Manhattan.
"""
import os

import torch
import torch.nn.functional as F

import torch_cases
from torch_cases import BATCH, LOSSES, STEPS

ACTIVATIONS = {"identity": lambda z: z, "tanh": torch.tanh, "logistic": torch.sigmoid, "relu": torch.relu,
               "erf": lambda z: torch.erf(z / 2 ** 0.5), "softmax": lambda z: torch.softmax(z, dim=1)}


class Manhattan(torch.optim.Optimizer):
    """v = momentum v + sign(g);   w = w - lr v"""

    def __init__(self, parameters, lr, momentum):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                v = group["momentum"] * self.state[w].get("v", 0.0) + torch.sign(w.grad)
                self.state[w]["v"] = v
                w -= group["lr"] * v


def optimizer(case, weights):
    p = dict(case.parameters)
    for name in "clip_norm", "gradient_scale", "unscaled_weight_decay", "decoupled_weight_decay":
        p.pop(name, None)  # see train()
    names = {"learning_rate": "lr", "learning_rate_decay": "lr_decay",
             "initial_accumulator": "initial_accumulator_value"}
    options = {names.get(name, name): value for name, value in p.items()}
    for name in "nesterov", "centered", "amsgrad":
        if name in options:
            options[name] = bool(options[name])
    if case.optimizer in ("adam", "adamw"):
        options["betas"] = options.pop("beta1", 0.9), options.pop("beta2", 0.999)
    if case.optimizer == "manhattan":
        options.setdefault("momentum", 0.0)
    kinds = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam,
             "adamw": torch.optim.AdamW, "adagrad": torch.optim.Adagrad, "manhattan": Manhattan}
    return kinds[case.optimizer](weights, **options)


def mean_loss(name, z, y, target):
    if name == "squared_error":
        return F.mse_loss(y, target, reduction="sum") / 2 / BATCH
    if name == "binary_cross_entropy":
        return F.binary_cross_entropy_with_logits(z, target, reduction="sum") / BATCH
    return F.cross_entropy(z, target)


def feedback_gradients(rule, loss, W, b, B, z, h):
    """delta_l = (delta_{l+1} B_l^T) .* f'(z_l), with e for delta_{l+1} in dfa; into the gradients of W and b."""
    depth = len(W) - 1
    e, = torch.autograd.grad(loss, z[depth], retain_graph=True)  # of the mean: 1 / BATCH is in it
    delta = e
    for l in range(depth, 0, -1):
        if l < depth:
            slope, = torch.autograd.grad(h[l].sum(), z[l], retain_graph=True)
            delta = ((delta if rule == "fa" else e) @ B[l].T) * slope
        W[l].grad, b[l].grad = delta.T @ h[l - 1].detach(), delta.sum(dim=0)


def train(case):
    """The losses of LOSSES, then all weights and biases."""
    p = case.parameters
    W, b, B = ([None if array is None else torch.tensor(array) for array in arrays]
               for arrays in torch_cases.start(case.rule))
    weights = [array.requires_grad_() for pair in zip(W[1:], b[1:]) for array in pair]
    x, target = map(torch.tensor, torch_cases.samples(case.loss))
    opt, losses = optimizer(case, weights), []
    for step in range(STEPS):
        batch = torch_cases.rows(step)
        z, h = [None], [x[batch]]
        for l in range(1, len(W)):
            z.append(h[-1] @ W[l].T + b[l])
            h.append(ACTIVATIONS[case.output if l == len(W) - 1 else case.hidden](z[-1]))
        loss = mean_loss(case.loss, z[-1], h[-1], target[batch])
        losses.append(loss.item())
        opt.zero_grad()
        if case.rule == "bp":
            loss.backward()
        else:
            feedback_gradients(case.rule, loss, W, b, B, z, h)
        for w in weights:
            w.grad *= p.get("gradient_scale", 1)
        if "clip_norm" in p:
            torch.nn.utils.clip_grad_norm_(weights, p["clip_norm"])
        before = [w.detach().clone() for w in weights]
        opt.step()
        beside = p.get("unscaled_weight_decay", 0) + p["learning_rate"] * p.get("decoupled_weight_decay", 0)
        with torch.no_grad():
            for w, old in zip(weights, before):
                w -= beside * old
    return [losses[step] for step in LOSSES] + [value for w in weights for value in w.flatten().tolist()]


def main():
    os.makedirs(os.path.dirname(torch_cases.REFERENCE), exist_ok=True)
    with open(torch_cases.REFERENCE, "w", encoding="ascii") as file:
        print(f"# Made by tests/python/make_torch_reference.py with PyTorch {torch.__version__}.", file=file)
        print("# A line a case of torch_cases.py: losses of 11 steps, then all W_l and b_l after step 100.", file=file)
        for case in torch_cases.all_cases():
            print(case.name, *map(repr, train(case)), file=file)


if __name__ == "__main__":
    main()
