"""One training step of Algorithm 1 in PyTorch: forward with M's updates, backward, Adam for L and M; spec["form"] is one of torch_pairs.FORMS."""

import os

import torch
from torch_pairs import FORMS
from worker import named_weights, serve, step_inputs, task

spec = task()
spec["version"] = f"torch {torch.__version__}"
torch.set_num_threads(os.cpu_count())
x, y, learner, theta = step_inputs(spec)
x, y = torch.from_numpy(x), torch.from_numpy(y).long()
learner = [tuple(torch.nn.Parameter(torch.from_numpy(p.copy())) for p in layer) for layer in learner]
theta = {n: torch.nn.Parameter(torch.from_numpy(p.copy())) for n, p in theta.items()}
update, batch, losses = FORMS[spec["form"]](), spec["batch"], []
optimizers = [torch.optim.Adam(ps, lr=spec["lr"]) for ps in ([p for layer in learner for p in layer], list(theta.values()))]


def run():
    start = len(losses) * batch % len(x)
    v, labels, updated = x[start : start + batch], y[start : start + batch], []
    for w, b in learner:
        vhat = torch.relu(torch.addmm(b, v, w.detach().T))
        w = w.detach() + spec["local_rate"] * update(**theta, v=v, w=w.detach(), u=vhat)
        w.retain_grad()
        v = torch.relu(torch.addmm(b, v, w.T))
        updated.append(w)
    loss = torch.nn.functional.cross_entropy(v, labels)
    loss.backward()
    for (w, _), new in zip(learner, updated):  # line 5 is kept; gradient and step refer to the updated W
        w.data, w.grad = new.detach(), new.grad
    for o in optimizers:
        o.step()
        o.zero_grad()
    losses.append(loss.item())


def export(_):
    array = lambda p: p.detach().numpy()
    return named_weights([tuple(map(array, layer)) for layer in learner], {n: array(p) for n, p in theta.items()}) | {"loss": losses}


serve(spec, run, export)
