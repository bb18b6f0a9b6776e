// Package published holds the numbers that the paper's authors published, for figures that lay theirs beside ours.
//
// Both files are aggregates of the raw result tables that came with the authors' code in late 2018. They are facts
// about those runs, not a reproduction of the paper's pictures, and the runs differ from the paper's text:
//
//   - authors_fig1a.csv, accuracy by epochs (Figure 1, left): [Fig1a]. The data are MNIST, although the paper names
//     Fashion-MNIST. No run makes more than one pass over the data, so points beyond 1 epoch repeat epoch 1. The learner
//     is 784-183-43-10 with ReLU on its output layer too, so output units can be dead: medians stay near 0.75 while the
//     best runs reach 0.96. Adam at 1e-3, batches of 50. M is 3-50-1 (the paper says 3-100-1), its output is scaled by
//     1e-3 / (batch number), and it acts per example: relu(W v + b) + sum_i v_i dw_ij, after which the batch mean of dw is
//     stored without a gradient. Every epoch count is a separate training, and the arms are not paired.
//   - authors_fig2.json, the pointwise mean of the converged rules (Figure 2): [Fig2]. The 3600 points are inputs that
//     training visited, pooled over layers and time, and not a grid; the optimizer had stepped on about 10% of 1200
//     batches of one pass; outputs are before the scaling by 1e-3 / (batch number).
package published
