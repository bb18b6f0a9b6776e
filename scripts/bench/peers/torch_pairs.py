"""M's update of every neuron pair in PyTorch: the mean over the batch, [out, in], of theta (a, b, c, d, m, e), v [batch, in], w [out, in], u [batch, out].

FORMS: the paper's 1x1 convolutions, three vmaps, formulations whose gradient PyTorch derives ("own: ..."), and formulations
with the gradient of package fused, derived by hand ("hand: ..."). Both kinds are compiled with torch.compile.

Tried and left out, with processor time divided by two beside 1.06 s of "own: hidden first" and 69 ms of "hand: groups, inline": own gradient with hidden units in chunks of 25 or 10
(1.2 s), hidden units last as a matrix product (1.6 s), another order of the axes (the same), activation_memory_budget=0 and aggressive_recomputation (the same); all 100 hidden units written out with its own
gradient (did not compile in 150 s). By hand, tiles of 5 examples as in package fused (value 20 ms, but slopes 31, and a minute of compiling). enable_floating_point_contract_flag=fast:
some sums faster (22 instead of 32 ms), others slower (50 instead of 25).
"""

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

# By default torch.compile stores an expression in memory once it is long or has many readers. Here the expression is the tensor that must not
# be stored.
INLINE = {f"realize_{n}_threshold": 10**6 for n in ("opcount", "cpu_opcount", "reads", "acc_reads", "cpu_acc_reads", "opusers")}


def compiled(f, **options):
    return torch.compile(f, fullgraph=True, dynamic=False, options=options or None)


def state(v, w, u, axis):
    """Appendix A's state tensor: the three inputs of M, copied and stacked along axis."""
    shape = v.shape[0], u.shape[1], v.shape[1]
    return torch.stack([v[:, None, :].expand(shape), w[None].expand(shape), u[:, :, None].expand(shape)], axis)


def convolutions(a, b, c, d, m, e, v, w, u):
    hidden = F.relu(F.conv2d(state(v, w, u, 1), torch.stack([a, b, c], 1)[:, :, None, None], d))
    return F.conv2d(hidden, m[None, :, None, None], e[None]).squeeze(1).mean(0)


def linear(a, b, c, d, m, e, v, w, u):
    return (F.relu(F.linear(state(v, w, u, -1), torch.stack([a, b, c], 1), d)) @ m).mean(0) + e


def vmapped(a, b, c, d, m, e, v, w, u):
    def pair(vi, wij, uj):
        return torch.relu(a * vi + b * wij + c * uj + d) @ m + e

    over_in = torch.func.vmap(pair, (0, 0, None))
    over_out = torch.func.vmap(over_in, (None, 0, 0))
    return torch.func.vmap(over_out, (0, None, 0))(v, w, u).mean(0)


def hidden_last_sum(a, b, c, d, m, e, v, w, u):
    z = v[:, None, :, None] * a + w[None, :, :, None] * b + u[:, :, None, None] * c + d
    return (torch.relu(z) * m).sum(-1).mean(0) + e


def along(x):
    """A parameter [H] beside pairs [H, batch, out, in]."""
    return x[:, None, None, None]


def preactivation(a, b, c, d, v, w, u):
    """z, [H, batch, out, in]."""
    return along(a) * v[None, :, None, :] + (along(b) * w[None, None] + (c[:, None, None] * u[None] + d[:, None, None])[..., None])


def hidden_first(a, b, c, d, m, e, v, w, u):
    return (torch.relu(preactivation(a, b, c, d, v, w, u)) * along(m)).sum((0, 1)) / v.shape[0] + e


def examples_then_hidden(a, b, c, d, m, e, v, w, u):
    """Sums over the examples first, then over hidden units, so that m is out of the inner sum."""
    return (torch.relu(preactivation(a, b, c, d, v, w, u)).sum(1) * m[:, None, None]).sum(0) / v.shape[0] + e


def checkpointed(f):
    """f, of which nothing but the arguments is kept for the backward pass."""
    return lambda **x: checkpoint(f, *(x[n] for n in "a b c d m e v w u".split()), use_reentrant=False)


# With the gradient derived by hand (package fused has the formulas): sums of the value and of the slope [z > 0] with factors, each an expression
# that is reduced at once. The gradient through v_j follows from the sums for theta.


def slope(z):
    return torch.where(z > 0, 1.0, 0.0)


def sums_for_theta(a, b, c, d, m, v, w, u, g):
    """Sums over all pairs of g times slope times 1, w, v and u, [H] each, and the gradient through u. z is written three times: a shared one would be stored."""
    one = torch.where(preactivation(a, b, c, d, v, w, u) > 0, g, 0.0).sum(3)
    by_w = torch.where(preactivation(a, b, c, d, v, w, u) > 0, g * w, 0.0).sum(3)
    by_v = torch.where(preactivation(a, b, c, d, v, w, u) > 0, g * v[:, None, :], 0.0).sum(3)
    return one.sum((1, 2)), by_w.sum((1, 2)), by_v.sum((1, 2)), (one * u).sum((1, 2)), (one * (m * c)[:, None, None]).sum(0)


class WrittenOut:
    """All hidden units written out, in one expression over [batch, out, in] for each sum."""

    options, together = {}, False

    @staticmethod
    def sums(coefficients, terms, a, b, c, d, v, w, u):
        """sum_k coefficient_k term(z_k) for each coefficient and term, [batch, out, in]."""
        totals = [0] * len(terms)
        for k in range(len(a)):
            z = a[k] * v[:, None, :] + (b[k] * w[None] + (c[k] * u + d[k])[:, :, None])
            totals = [total + coefficient[k] * term(z) for total, coefficient, term in zip(totals, coefficients, terms)]
        return totals

    def value(self, a, b, c, d, m, v, w, u):
        return self.sums([m], [torch.relu], a, b, c, d, v, w, u)[0].sum(0)

    def by_w(self, a, b, c, d, m, v, w, u):
        return self.sums([m * b], [slope], a, b, c, d, v, w, u)[0].sum(0)

    def by_v(self, a, b, c, d, m, v, w, u, g):
        return (self.sums([m * a], [slope], a, b, c, d, v, w, u)[0] * g).sum(1)


class Groups(WrittenOut):
    """Hidden units in groups of 25 that are written out; value and slope in one loop."""

    options, together = INLINE, True

    @staticmethod
    def sums(coefficients, terms, a, b, c, d, v, w, u, size=25):
        """[groups, batch, out, in] for each coefficient and term."""
        *coefficients, a, b, c, d = (F.pad(x, (0, -len(x) % size)).view(-1, size, 1, 1, 1) for x in (*coefficients, a, b, c, d))
        totals = [0] * len(terms)
        for k in range(size):
            z = a[:, k] * v[None, :, None, :] + (b[:, k] * w[None, None] + (c[:, k] * u[None, :, :, None] + d[:, k]))
            totals = [total + coefficient[:, k] * term(z) for total, coefficient, term in zip(totals, coefficients, terms)]
        return totals

    def value(self, a, b, c, d, m, v, w, u):
        return self.sums([m], [torch.relu], a, b, c, d, v, w, u)[0].sum((0, 1))

    def by_w(self, *x):
        return self.value_and_by_w(*x)[1]

    def value_and_by_w(self, a, b, c, d, m, v, w, u):
        return tuple(total.sum((0, 1)) for total in self.sums([m, m * b], [torch.relu, slope], a, b, c, d, v, w, u))

    def by_v(self, a, b, c, d, m, v, w, u, g):
        return (self.sums([m * a], [slope], a, b, c, d, v, w, u)[0] * g).sum((0, 2))


class Reductions(WrittenOut):
    """Nothing written out: one reduction over two axes of [H, batch, out, in] for each sum."""

    def value(self, a, b, c, d, m, v, w, u):
        return (torch.relu(preactivation(a, b, c, d, v, w, u)) * along(m)).sum((0, 1))

    def by_w(self, a, b, c, d, m, v, w, u):
        return torch.where(preactivation(a, b, c, d, v, w, u) > 0, along(m * b), 0.0).sum((0, 1))

    def by_v(self, a, b, c, d, m, v, w, u, g):
        return torch.where(preactivation(a, b, c, d, v, w, u) > 0, along(m * a) * g, 0.0).sum((0, 2))


def hand_derived(form):
    """The update with the gradient derived by hand, from the sums of a form; each is a compiled function of its own, and made only where it is needed."""
    value, by_v, theta = (compiled(f, **form.options) for f in (form.value, form.by_v, sums_for_theta))
    if form.together:
        both = compiled(form.value_and_by_w, **form.options)
    else:
        by_w = compiled(form.by_w, **form.options)
        both = lambda *x: (value(*x), by_w(*x))

    class Update(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b, c, d, m, e, v, w, u):
            x = a, b, c, d, m, v, w, u
            total, slopes = both(*x) if ctx.needs_input_grad[7] else (value(*x), None)
            ctx.save_for_backward(*x, slopes)
            return total / v.shape[0] + e

        @staticmethod
        def backward(ctx, bar):
            a, b, c, d, m, v, w, u, slopes = ctx.saved_tensors
            g = bar / v.shape[0]
            one, sum_w, sum_v, sum_u, u_bar = theta(a, b, c, d, m, v, w, u, g)
            v_bar = by_v(a, b, c, d, m, v, w, u, g) if ctx.needs_input_grad[6] else None
            w_bar = g * slopes if ctx.needs_input_grad[7] else None
            return m * sum_v, m * sum_w, m * sum_u, m * one, a * sum_v + b * sum_w + c * sum_u + d * one, bar.sum(), v_bar, w_bar, u_bar

    return lambda **x: Update.apply(*(x[n] for n in "a b c d m e v w u".split()))


FORMS = {
    "conv": lambda: convolutions,
    "vmap": lambda: vmapped,
    "own: convolutions": lambda: compiled(convolutions),
    "own: linear": lambda: compiled(linear),
    "own: hidden last, sum": lambda: compiled(hidden_last_sum),
    "own: hidden first": lambda: compiled(hidden_first),
    "own: hidden first, max-autotune": lambda: torch.compile(hidden_first, fullgraph=True, dynamic=False, mode="max-autotune"),
    "own: hidden first, checkpoint": lambda: checkpointed(compiled(hidden_first)),
    "own: examples, then hidden": lambda: compiled(examples_then_hidden),
    "own: hidden first, inline": lambda: compiled(hidden_first, **INLINE),
    "own: examples, then hidden, inline": lambda: compiled(examples_then_hidden, **INLINE),
    "hand: written out": lambda: hand_derived(WrittenOut()),
    "hand: reductions": lambda: hand_derived(Reductions()),
    "hand: groups, inline": lambda: hand_derived(Groups()),
}
