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


# As package fused cuts the sums; its unrolled.go says why.
LANES, UNITS, TILE, OUTSIDE = 16, 25, 5, 33
TILE_DC, TILE_AB = (25, 8), (5, 46)


def cut(n, most):
    parts = -(-n // most)
    return parts, -(-n // parts)


def pad(y, axis, n):
    return jnp.pad(y, [(0, n - s if i == axis else 0) for i, s in enumerate(y.shape)])


def up(n):
    return -(-n // LANES) * LANES


def sizes(p):
    return dict(b=p["v"].shape[0], i=p["v"].shape[1], j=p["u"].shape[1], k=p["a"].shape[0])


def add_where(positive, total, value):
    value = jnp.broadcast_to(value, positive.shape)
    return jnp.where(positive, value if total is None else total + value, jnp.zeros_like(value) if total is None else total)


def tiled_sum(p, over, coefficient, weight, slope):
    """[row, vector]: sum over hidden units and one axis of the coefficient times the slope, or the value, times weight [out, in] (None: 1)."""
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
        g = [None if (tiles - 1) * per + t < size[tile] else full(inside[None, :, t, None, None]) for t in range(per)]
    else:
        g = terms(weight, "ji")
    total = None
    for k in range(perk):
        s = None
        for t in range(per):
            av, bw, cu = a[k] * v[t], b[k] * w[t], c[k] * u[t]
            inner, outer = (bw + (cu + d[k]), av) if over == "i" else (av + bw, cu + d[k])
            if slope:
                s = add_where(inner > -outer, s, 1.0 if g[t] is None else g[t])
            else:
                z = inner + outer
                s = add_where(z > 0, s, z if g[t] is None else g[t] * z)
        total = m[k] * s if total is None else total + m[k] * s
    return total.sum(0)[:, : size[vec]]


def theta_loop(p, g, tile, terms):
    """Sums a complex number over all pairs, [H]: terms makes it from the operands of one loop, whose tiles of examples and outputs are written out."""
    size = sizes(p)
    (nb, pb), (nj, pj), width = cut(size["b"], tile[0]), cut(size["j"], tile[1]), up(size["i"])
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
    a, b, c, d = (jnp.broadcast_to(p[n][:, None, None], shape) for n in "abcd")
    v, w, g = by_example(p["v"]), by_output(p["w"]), by_output(g)

    def positive(t, j):
        return a * v[t] + b * w[j] > -(c * u[t][j] + d)

    def present(t, y):
        return y if (nb - 1) * pb + t < size["b"] else y * full(inside[:, t, None, None])

    return terms(pb, pj, positive, present, v, w, u, g).sum((1, 2))


def terms_dc(pb, pj, positive, present, v, w, u, g):
    total = 0
    for j in range(pj):
        s = None
        for t in range(pb):
            s = add_where(positive(t, j), s, jax.lax.complex(present(t, jnp.ones_like(g[j])), u[t][j]))
        total = total + jax.lax.complex(g[j] * s.real, g[j] * s.imag)
    return total


def terms_ab(pb, pj, positive, present, v, w, u, g):
    total = 0
    for t in range(pb):
        s = None
        for j in range(pj):
            r = present(t, g[j])
            s = add_where(positive(t, j), s, jax.lax.complex(r, w[j] * r))
        total = total + jax.lax.complex(v[t] * s.real, s.imag)
    return total


@jax.custom_vjp
def fused(p):
    return tiled_sum(p, "b", p["m"], None, False) / p["v"].shape[0] + p["e"]


def backward(p, bar):
    g = bar / p["v"].shape[0]
    dc, ab = theta_loop(p, g, TILE_DC, terms_dc), theta_loop(p, g, TILE_AB, terms_ab)
    one, byu, byv, byw = dc.real, dc.imag, ab.real, ab.imag
    a, b, c, d, m = (p[n] for n in "abcdm")
    return (dict(a=m * byv, b=m * byw, c=m * byu, d=m * one, m=a * byv + b * byw + c * byu + d * one, e=bar.sum(),
                 w=g * tiled_sum(p, "b", m * b, None, True), u=tiled_sum(p, "i", m * c, g, True), v=tiled_sum(p, "j", m * a, g, True)),)


fused.defvjp(lambda p: (fused(p), p), backward)
FORMS = dict(vmap=vmapped, fused=fused)
