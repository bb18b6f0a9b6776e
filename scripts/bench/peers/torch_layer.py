"""One layer in PyTorch, forward and gradients; spec["form"] is one of torch_pairs.FORMS."""

import os

import torch
from torch_pairs import FORMS
from worker import layer_gradients, layer_inputs, serve, task

spec = task()
spec["version"] = f"torch {torch.__version__}"
torch.set_num_threads(os.cpu_count())
x = {n: torch.from_numpy(a.copy()) for n, a in layer_inputs(spec).items()}
adjoint, update, want = x.pop("g"), FORMS[spec["form"]](), layer_gradients(spec)
for n in want:
    x[n].requires_grad_()


def run():
    for n in want:
        x[n].grad = None
    mean = update(**x)
    mean.backward(adjoint)
    return dict(mean=mean.detach(), **{n: x[n].grad for n in want})


serve(spec, run, lambda result: {n: y.numpy() for n, y in result.items()})
