//! A grown tree as one flat array of nodes, and the way of rows through it.

/// One node: rows go to `next` if their feature is at most the threshold, else
/// to `next + 1`. A leaf leads to itself (its threshold is infinite), so that
/// several rows can walk in step without a branch.
#[derive(Clone, Copy)]
pub(super) struct Node {
    threshold: f32,
    feature: u32,
    next: u32,
    shares: u32,
}

/// Nodes and the class shares of the leaves.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// One row of class shares per kind of leaf; the first rows are the pure ones.
    shares: Vec<f64>,
    n_classes: usize,
}

/// Rows that walk in step: enough to hide the latency of fetching a node.
const LANES: usize = 8;

impl Tree {
    /// A tree whose root is still to be decided.
    pub(super) fn seedling(n_classes: usize) -> Self {
        let mut shares = vec![0.0; n_classes * n_classes];
        shares.iter_mut().step_by(n_classes + 1).for_each(|share| *share = 1.0);
        Self { nodes: vec![Node::leaf(0, 0)], shares, n_classes }
    }

    /// Splits node `at`; returns its left child, which the right one follows.
    pub(super) fn split(&mut self, at: u32, feature: u32, threshold: f32) -> u32 {
        let next = self.nodes.len() as u32;
        self.nodes[at as usize] = Node { threshold, feature, next, shares: 0 };
        self.nodes.extend([Node::leaf(next, 0), Node::leaf(next + 1, 0)]);
        next
    }

    /// Makes node `at` a leaf of one class.
    pub(super) fn pure_leaf(&mut self, at: u32, class: usize) {
        self.nodes[at as usize] = Node::leaf(at, class as u32);
    }

    /// Makes node `at` a leaf of several classes.
    pub(super) fn mixed_leaf(&mut self, at: u32, shares: impl Iterator<Item = f64>) {
        let kind = self.shares.len() / self.n_classes;
        self.nodes[at as usize] = Node::leaf(at, kind as u32);
        self.shares.extend(shares.take(self.n_classes));
    }

    /// Adds to `sums` (`n_classes` per row) the shares of the leaf of every row.
    pub(super) fn add_shares(&self, rows: &[f32], n_features: usize, sums: &mut [f64]) {
        let k = self.n_classes;
        let mut rows = rows.chunks_exact(LANES * n_features);
        let mut sums = sums.chunks_exact_mut(LANES * k);
        for (rows, sums) in (&mut rows).zip(&mut sums) {
            self.add_lanes::<LANES>(rows, n_features, sums);
        }
        let rest = rows.remainder().chunks_exact(n_features);
        for (row, sums) in rest.zip(sums.into_remainder().chunks_exact_mut(k)) {
            self.add_lanes::<1>(row, n_features, sums);
        }
    }

    #[inline(always)]
    fn add_lanes<const N: usize>(&self, rows: &[f32], n_features: usize, sums: &mut [f64]) {
        let k = self.n_classes;
        for (leaf, sums) in self.leaves::<N>(rows, n_features).into_iter().zip(sums.chunks_mut(k)) {
            let from = leaf as usize * k;
            for (sum, share) in sums.iter_mut().zip(&self.shares[from..from + k]) {
                *sum += share;
            }
        }
    }

    /// The kind of leaf in which each of `N` rows ends.
    #[inline(always)]
    fn leaves<const N: usize>(&self, rows: &[f32], n_features: usize) -> [u32; N] {
        let mut at = [0_u32; N];
        loop {
            let mut moved = 0;
            for (lane, at) in at.iter_mut().enumerate() {
                let node = self.nodes[*at as usize];
                let value = rows[lane * n_features + node.feature as usize];
                let next = node.next + u32::from(value > node.threshold);
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                return at.map(|at| self.nodes[at as usize].shares);
            }
        }
    }
}

impl Node {
    fn leaf(at: u32, shares: u32) -> Self {
        Self { threshold: f32::INFINITY, feature: 0, next: at, shares }
    }
}
