"""One layer in PyTorch. spec["form"]: conv (the paper's 1x1 convolutions), vmap, compile (own gradient), compile_hand (hand-derived gradient)."""

import os

import torch
import torch.nn.functional as F
from worker import load, serve

spec, x = load()
spec["version"] = torch.__version__
torch.set_num_threads(os.cpu_count())
t = {n: torch.from_numpy(a.copy()) for n, a in x.items()}
form, want = spec["form"], ["a", "b", "c", "d", "m", "e", "w", "u"] + (["v"] if spec["need_pre"] else [])
G, B, H = t.pop("g"), spec["batch"], spec["hidden"]


def conv(a, b, c, d, m, e, v, w, u):
    J, I = w.shape
    pairs = torch.stack([v[:, None, :].expand(B, J, I), w[None].expand(B, J, I), u[:, :, None].expand(B, J, I)], 1)
    hidden = F.relu(F.conv2d(pairs, torch.stack([a, b, c], 1)[:, :, None, None], d))
    return F.conv2d(hidden, m[None, :, None, None], e[None]).squeeze(1).mean(0)


def vmapped(a, b, c, d, m, e, v, w, u):
    def pair(vi, wij, uj):
        return torch.relu(a * vi + b * wij + c * uj + d) @ m + e

    over_in = torch.func.vmap(pair, (0, 0, None))
    over_out = torch.func.vmap(over_in, (None, 0, 0))
    return torch.func.vmap(over_out, (0, None, 0))(v, w, u).mean(0)


def broadcast(a, b, c, d, m, e, v, w, u):
    z = v[:, None, :, None] * a + w[None, :, :, None] * b + u[:, :, None, None] * c + d
    return (torch.relu(z) @ m).mean(0) + e


def forward_hand(a, b, c, d, m, e, v, w, u):
    h = 0
    for k in range(H):
        h = h + m[k] * torch.relu(a[k] * v[:, None, :] + b[k] * w[None] + (c[k] * u + d[k])[:, :, None])
    return h.mean(0) + e


def sums_hand(a, b, c, d, m, v, w, u, G):
    hw = hu = hv = 0
    for k in range(H):
        mask = (a[k] * v[:, None, :] + b[k] * w[None] + (c[k] * u + d[k])[:, :, None]) > 0
        hw = hw + torch.where(mask, m[k] * b[k], 0.0)
        hu = hu + torch.where(mask, m[k] * c[k], 0.0)
    return G * hw.sum(0), (hu * G).sum(2)


def theta_hand(a, b, c, d, v, w, u, G):
    z = v[:, None, :, None] * a + w[None, :, :, None] * b + u[:, :, None, None] * c + d
    g = torch.where(z > 0, G[None, :, :, None], 0.0)
    D = g.sum(1)
    W = (g * w[None, :, :, None]).sum((0, 1, 2))
    U = (g * u[:, :, None, None]).sum((0, 1, 2))
    return D, W, U


def hand():
    a, b, c, d, m, e, v, w, u = (t[n] for n in "a b c d m e v w u".split())
    mean = forward_c(a, b, c, d, m, e, v, w, u)
    g = G / B
    dw, du = sums_c(a, b, c, d, m, v, w, u, g)
    D, W, U = theta_c(a, b, c, d, v, w, u, g)
    A, one = (D * v[:, :, None]).sum((0, 1)), D.sum((0, 1))
    out = dict(mean=mean, a=m * A, b=m * W, c=m * U, d=m * one, m=a * A + b * W + c * U + d * one, e=G.sum(), w=dw, u=du)
    if spec["need_pre"]:
        out["v"] = D @ (m * a)
    return out


if form == "compile_hand":
    forward_c, sums_c, theta_c = torch.compile(forward_hand), torch.compile(sums_hand), torch.compile(theta_hand)
    run = hand
else:
    function = {"conv": conv, "vmap": vmapped, "compile": torch.compile(broadcast)}[form]
    for n in want:
        t[n].requires_grad_()

    def run():
        for n in want:
            t[n].grad = None
        mean = function(**t)
        mean.backward(G)
        return dict(mean=mean.detach(), **{n: t[n].grad for n in want})


serve(spec, run, lambda r: {n: y.detach().numpy() for n, y in r.items()})
