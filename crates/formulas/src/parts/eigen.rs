//! Eigenvalues of symmetric matrices, in memory that the caller keeps.

/// Replaces `diagonal` by the eigenvalues of the symmetric `a` (row-major, n by n), in no particular order. `a` is
/// spoilt; `beside` is room for n numbers.
///
/// Householder reflections to three diagonals, then the QL iteration with Wilkinson's shift: about 4/3 n³ steps.
///
/// # Panics
/// If the lengths do not fit.
pub fn symmetric_eigenvalues(a: &mut [f64], diagonal: &mut [f64], beside: &mut [f64]) {
    let n = diagonal.len();
    assert!(a.len() == n * n && beside.len() == n);
    tridiagonalise(a, diagonal, beside);
    for start in 0..n {
        settle(start, diagonal, beside);
    }
}

/// Reflects column after column, so that all but its first entry below the diagonal vanishes. `beside[k]` becomes
/// the entry between k and k + 1.
fn tridiagonalise(a: &mut [f64], diagonal: &mut [f64], beside: &mut [f64]) {
    let n = diagonal.len();
    for k in 0..n {
        diagonal[k] = a[k * n + k];
        // By symmetry the column below the diagonal is the row right of it, which lies together.
        let (head, below) = a.split_at_mut((k + 1) * n);
        let v = &mut head[k * n + k + 1..];
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        beside[k] = 0.0;
        let Some(&first) = v.first() else { break };
        let alpha = -norm.copysign(first);
        beside[k] = alpha;
        if norm == 0.0 {
            continue;
        }
        v[0] -= alpha;
        // v'v / 2
        let half = norm * norm - alpha * first;
        if half == 0.0 {
            continue;
        }
        let p = &mut beside[k + 1..];
        for (row, p) in below.chunks_exact(n).zip(p.iter_mut()) {
            *p = row[k + 1..].iter().zip(v.iter()).map(|(a, v)| a * v).sum::<f64>() / half;
        }
        let share = p.iter().zip(v.iter()).map(|(p, v)| p * v).sum::<f64>() / (2.0 * half);
        p.iter_mut().zip(v.iter()).for_each(|(p, v)| *p -= share * v);
        for (i, row) in below.chunks_exact_mut(n).enumerate() {
            let (v_i, p_i) = (v[i], p[i]);
            for (a, (v, p)) in row[k + 1..].iter_mut().zip(v.iter().zip(p.iter())) {
                *a -= v_i * p + p_i * v;
            }
        }
    }
}

/// Turns the matrix until the entry beside `start` has vanished.
fn settle(start: usize, diagonal: &mut [f64], beside: &mut [f64]) {
    const MOST_TURNS: usize = 60;
    let n = diagonal.len();
    for _ in 0..MOST_TURNS {
        let is_small =
            |k: usize| beside[k].abs() <= f64::EPSILON * (diagonal[k].abs() + diagonal[k + 1].abs());
        let end = (start..n - 1).find(|&k| is_small(k)).unwrap_or(n - 1);
        if end == start {
            return;
        }
        let half_gap = (diagonal[start + 1] - diagonal[start]) / (2.0 * beside[start]);
        let root = (half_gap * half_gap + 1.0).sqrt();
        let mut g = diagonal[end] - diagonal[start] + beside[start] / (half_gap + root.copysign(half_gap));
        let (mut sine, mut cosine, mut carried) = (1.0, 1.0, 0.0);
        let mut is_split = false;
        for k in (start..end).rev() {
            let (f, b) = (sine * beside[k], cosine * beside[k]);
            let root = (f * f + g * g).sqrt();
            beside[k + 1] = root;
            if root == 0.0 {
                diagonal[k + 1] -= carried;
                beside[end] = 0.0;
                is_split = true;
                break;
            }
            (sine, cosine) = (f / root, g / root);
            let moved = diagonal[k + 1] - carried;
            let turned = (diagonal[k] - moved) * sine + 2.0 * cosine * b;
            carried = sine * turned;
            diagonal[k + 1] = moved + carried;
            g = cosine * turned - b;
        }
        if !is_split {
            diagonal[start] -= carried;
            beside[start] = g;
            beside[end] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eigenvalues(matrix: &[f64], n: usize) -> Vec<f64> {
        let (mut a, mut diagonal, mut beside) = (matrix.to_vec(), vec![0.0; n], vec![0.0; n]);
        symmetric_eigenvalues(&mut a, &mut diagonal, &mut beside);
        diagonal.sort_by(f64::total_cmp);
        diagonal
    }

    #[test]
    fn known_values() {
        assert_eq!(eigenvalues(&[3.0], 1), [3.0]);
        assert_eq!(eigenvalues(&[0.0; 9], 3), [0.0; 3]);
        let ones = eigenvalues(&[1.0; 16], 4);
        assert!((ones[3] - 4.0).abs() < 1e-14 && ones[..3].iter().all(|x| x.abs() < 1e-14), "{ones:?}");
        // Second differences: 2 - 2 cos(k pi / 6).
        let chain: Vec<f64> = (0..25)
            .map(|place: i32| match (place / 5 - place % 5).abs() {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            })
            .collect();
        for (k, value) in eigenvalues(&chain, 5).iter().enumerate() {
            let wanted = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / 6.0).cos();
            assert!((value - wanted).abs() < 1e-14, "{value} for {wanted}");
        }
    }

    proptest! {
        /// The sums of the first three powers of the eigenvalues are traces.
        #[test]
        fn traces(half in prop::collection::vec(-1.0..1.0f64, 64), n in 1usize..9) {
            let a: Vec<f64> = (0..n * n).map(|p| half[p / n * 8 + p % n] + half[p % n * 8 + p / n]).collect();
            let product = |x: &[f64], y: &[f64]| -> Vec<f64> {
                (0..n * n).map(|p| (0..n).map(|k| x[p / n * n + k] * y[k * n + p % n]).sum()).collect()
            };
            let trace = |x: &[f64]| (0..n).map(|k| x[k * n + k]).sum::<f64>();
            let (square, values) = (product(&a, &a), eigenvalues(&a, n));
            let cube = product(&square, &a);
            for (power, matrix) in [(1, &a), (2, &square), (3, &cube)] {
                let sum: f64 = values.iter().map(|x| x.powi(power)).sum();
                prop_assert!((sum - trace(matrix)).abs() < 1e-11 * 10f64.powi(power));
            }
        }
    }
}
