//! Small symmetric positive definite systems, by Cholesky's factorisation in memory that the caller keeps.

/// Solves `a x = b` for a symmetric positive definite `a` (row-major, n by n), which is replaced by its lower factor;
/// `b` is replaced by the solution. False, with both spoilt, if `a` is not positive definite.
///
/// # Panics
/// If the lengths do not fit.
#[must_use]
pub fn solve_positive_definite(a: &mut [f64], b: &mut [f64]) -> bool {
    factorise(a, b.len()) && {
        substitute(a, b);
        true
    }
}

/// Replaces the lower triangle of `a` by its Cholesky factor. False if `a` is not positive definite.
#[must_use]
pub fn factorise(a: &mut [f64], n: usize) -> bool {
    assert_eq!(a.len(), n * n);
    for row in 0..n {
        for column in 0..=row {
            let dot: f64 = (0..column).map(|k| a[row * n + k] * a[column * n + k]).sum();
            let rest = a[row * n + column] - dot;
            if row == column {
                if rest.is_nan() || rest <= 0.0 {
                    return false;
                }
                a[row * n + row] = rest.sqrt();
            } else {
                a[row * n + column] = rest / a[column * n + column];
            }
        }
    }
    true
}

/// Solves with a factor made by [`factorise`].
pub fn substitute(factor: &[f64], b: &mut [f64]) {
    forward(factor, b);
    let n = b.len();
    for row in (0..n).rev() {
        let dot: f64 = (row + 1..n).map(|k| factor[k * n + row] * b[k]).sum();
        b[row] = (b[row] - dot) / factor[row * n + row];
    }
}

/// The first half of [`substitute`]: `L z = b`, whose z'z is b' A^-1 b.
pub fn forward(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    assert_eq!(factor.len(), n * n);
    for row in 0..n {
        let dot: f64 = (0..row).map(|k| factor[row * n + k] * b[k]).sum();
        b[row] = (b[row] - dot) / factor[row * n + row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_refuses() {
        let (mut a, mut b) = ([4.0, 2.0, 2.0, 3.0], [8.0, 7.0]);
        assert!(solve_positive_definite(&mut a, &mut b));
        assert!((b[0] - 1.25).abs() < 1e-15 && (b[1] - 1.5).abs() < 1e-15);
        assert!(!solve_positive_definite(&mut [1.0, 2.0, 2.0, 1.0], &mut [1.0, 1.0]));
    }
}
