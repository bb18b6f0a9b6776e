"""M's update of every neuron pair in JAX: the mean over the batch, [out, in], of a dict p with theta (a, b, c, d, m, e), v [batch, in], w [out, in], u [batch, out].

vmapped is what the definition says, three vmaps; fused is the formulation of package fused, with its gradient derived by hand.
"""

import jax
import jax.numpy as jnp


def relu(z):
    return jnp.where(z > 0, z, 0)


def vmapped(p):
    def pair(vi, wij, uj):
        return jnp.dot(p["m"], relu(p["a"] * vi + p["b"] * wij + p["c"] * uj + p["d"])) + p["e"]

    f = jax.vmap(jax.vmap(jax.vmap(pair, (0, 0, None)), (None, 0, 0)), (0, None, 0))
    return f(p["v"], p["w"], p["u"]).mean(0)


LANES, UNITS, TILE, OUTSIDE, MOMENTS = 16, 25, 5, 33, 10


def cut(n, most):
    parts = -(-n // most)
    return parts, -(-n // parts)


def pad(y, axis, n):
    return jnp.pad(y, [(0, n - s if i == axis else 0) for i, s in enumerate(y.shape)])


def up(n):
    return -(-n // LANES) * LANES


def sizes(p):
    return dict(b=p["v"].shape[0], i=p["v"].shape[1], j=p["u"].shape[1], k=p["a"].shape[0])


def tiled_sum(p, over, coefficient, weight, slope):
    """[row, vector]: sum over hidden units and one axis, cut as package fused cuts it."""
    size = sizes(p)
    tile, row, vec = dict(b="bji", i="ibj", j="jbi")[over]
    tiles, per = cut(size[tile], TILE)
    groups, perk = cut(size["k"], min(UNITS, max(1, size["k"] * tiles // OUTSIDE)))
    groups = max(groups, -(-OUTSIDE // tiles))
    shape = (groups * tiles, size[row], up(size[vec]))

    def full(y):
        g, t, r, c = y.shape
        if g * t == 1:
            return jnp.broadcast_to(y.reshape(1, r, c), shape)
        return jnp.broadcast_to(jnp.broadcast_to(y, (groups, tiles, r, c)).reshape(groups * tiles, r, c), shape)

    def terms(y, axes):
        order = {tile: 0, row: 1, vec: 2}
        if order[axes[0]] > order[axes[1]]:
            y, axes = y.T, axes[::-1]
        if axes[1] == vec:
            y = pad(y, 1, up(size[vec]))
        if axes[0] != tile:
            return [full(y[None, None])] * per
        y = pad(y, 0, tiles * per).reshape(tiles, per, y.shape[1])
        return [full(y[None, :, t, :, None] if axes[1] == row else y[None, :, t, None, :]) for t in range(per)]

    def units(y):
        y = pad(y, 0, groups * perk).reshape(groups, perk)
        return [full(y[:, k, None, None, None]) for k in range(perk)]

    a, b, c, d, m = (units(y) for y in (p["a"], p["b"], p["c"], p["d"], coefficient))
    v, w, u = terms(p["v"], "bi"), terms(p["w"], "ji"), terms(p["u"], "bj")
    if weight is None:
        inside = pad(jnp.ones((size[tile], 1)), 0, tiles * per).reshape(tiles, per)
        g = [1.0 if (tiles - 1) * per + t < size[tile] else full(inside[None, :, t, None, None]) for t in range(per)]
    else:
        g = terms(weight, "ji")
    total = 0
    for k in range(perk):
        s = jnp.zeros(shape, jnp.float32)
        for t in range(per):
            if over == "i":
                z = b[k] * w[t] + (c[k] * u[t] + (a[k] * v[t] + d[k]))
            else:
                z = a[k] * v[t] + (b[k] * w[t] + (c[k] * u[t] + d[k]))
            s = jnp.where(z > 0, s + g[t] * (1.0 if slope else z), s)
        total = total + m[k] * s
    return total.sum(0)[:, : size[vec]]


def theta_sums(p, g):
    """Sums over all pairs of adjoint times slope times 1, w, v and u, [H] each."""
    size = sizes(p)
    nb, pb = cut(size["b"], MOMENTS)
    nj, pj = cut(size["j"], 2 * MOMENTS)
    while nb * nj < OUTSIDE and pj > 1:
        nj, pj = cut(size["j"], pj - 1)
    width = up(size["i"])
    shape = (size["k"], nb * nj, width)

    def full(y):
        return jnp.broadcast_to(jnp.broadcast_to(y, (nb, nj, y.shape[2])).reshape(1, nb * nj, y.shape[2]), shape)

    def by_example(y):
        y = pad(pad(y, 0, nb * pb), 1, width).reshape(nb, pb, width)
        return [full(y[:, t, None, :]) for t in range(pb)]

    def by_output(y):
        y = pad(pad(y, 0, nj * pj), 1, width).reshape(nj, pj, width)
        return [full(y[None, :, j, :]) for j in range(pj)]

    y = pad(pad(p["u"], 0, nb * pb), 1, nj * pj).reshape(nb, pb, nj, pj)
    u = [[full(y[:, t, :, j, None]) for j in range(pj)] for t in range(pb)]
    inside = pad(jnp.ones((size["b"], 1)), 0, nb * pb).reshape(nb, pb)
    present = [full(inside[:, t, None, None]) for t in range(pb)]
    a, b, c, d = (jnp.broadcast_to(p[n][:, None, None], shape) for n in "abcd")
    v, w, g = by_example(p["v"]), by_output(p["w"]), by_output(g)
    z = lambda t, j: a * v[t] + (b * w[j] + (c * u[t][j] + d))
    one = by_w = by_v = by_u = 0
    zero = jnp.zeros(shape, jnp.float32)
    for j in range(pj):
        s = zero
        for t in range(pb):
            s = jnp.where(z(t, j) > 0, s + present[t], s)
        s = s * g[j]
        one, by_w = one + s, by_w + w[j] * s
    for t in range(pb):
        s = zero
        for j in range(pj):
            s = jnp.where(z(t, j) > 0, s + g[j] * present[t], s)
            by_u = jnp.where(z(t, j) > 0, by_u + u[t][j] * (g[j] * present[t]), by_u)
        by_v = by_v + v[t] * s
    both = jax.lax.complex(one, by_w).sum(1).sum(1)
    return both.real, both.imag, by_v.sum(1).sum(1), by_u.sum(1).sum(1)


@jax.custom_vjp
def fused(p):
    return tiled_sum(p, "b", p["m"], None, False) / p["v"].shape[0] + p["e"]


def backward(p, bar):
    g = bar / p["v"].shape[0]
    one, byw, byv, byu = theta_sums(p, g)
    a, b, c, d, m = (p[n] for n in "abcdm")
    return (dict(a=m * byv, b=m * byw, c=m * byu, d=m * one, m=a * byv + b * byw + c * byu + d * one, e=bar.sum(),
                 w=g * tiled_sum(p, "b", m * b, None, True), u=tiled_sum(p, "i", m * c, g, True), v=tiled_sum(p, "j", m * a, g, True)),)


fused.defvjp(lambda p: (fused(p), p), backward)
FORMS = dict(vmap=vmapped, fused=fused)
