//! Symmetric, positive definite systems of up to some hundred unknowns, by Cholesky's way: always the same operations in
//! the same order.

/// The lower factor L of a matrix L L'.
pub struct Cholesky(Vec<Vec<f64>>);

impl Cholesky {
    /// Reads the lower half. `pivot` judges what is left of each number of the diagonal: the first argument is the number as
    /// it was, the second what is left, which is not positive where the matrix is not, or where the arithmetic ends.
    pub fn of(mut matrix: Vec<Vec<f64>>, pivot: impl Fn(f64, f64) -> Option<f64>) -> Option<Self> {
        for row in 0..matrix.len() {
            let (done, rest) = matrix.split_at_mut(row);
            let line = &mut rest[0];
            for column in 0..row {
                let dot: f64 = line.iter().zip(&done[column]).take(column).map(|(a, b)| a * b).sum();
                line[column] = (line[column] - dot) / done[column][column];
            }
            let squares: f64 = line[..row].iter().map(|x| x * x).sum();
            line[row] = pivot(line[row], line[row] - squares)?.sqrt();
        }
        Some(Self(matrix))
    }

    /// Down through L, up through its transpose.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let Self(factor) = self;
        let mut x = right.to_vec();
        for row in 0..x.len() {
            let dot: f64 = factor[row][..row].iter().zip(&x).map(|(l, x)| l * x).sum();
            x[row] = (x[row] - dot) / factor[row][row];
        }
        for row in (0..x.len()).rev() {
            let dot: f64 = (row + 1..x.len()).map(|below| factor[below][row] * x[below]).sum();
            x[row] = (x[row] - dot) / factor[row][row];
        }
        x
    }
}

impl Cholesky {
    /// The inverse of L, lower as well: it makes what the matrix is the covariance of independent, each of variance 1.
    pub fn inverse_factor(&self) -> Vec<Vec<f64>> {
        let Self(factor) = self;
        let mut inverse = vec![vec![0.0; factor.len()]; factor.len()];
        for column in 0..factor.len() {
            inverse[column][column] = 1.0 / factor[column][column];
            for row in column + 1..factor.len() {
                let dot: f64 = (column..row).map(|at| factor[row][at] * inverse[at][column]).sum();
                inverse[row][column] = -dot / factor[row][row];
            }
        }
        inverse
    }
}

/// The inverse; `None` if the matrix is not positive definite as far as the arithmetic can tell.
pub fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let positive = |whole: f64, left: f64| (left.is_finite() && left > 1e-14 * whole).then_some(left);
    let factor = Cholesky::of(matrix.to_vec(), positive)?;
    // Column by column of the unit matrix.
    let mut inverse = vec![vec![0.0; matrix.len()]; matrix.len()];
    for unit in 0..matrix.len() {
        let mut right = vec![0.0; matrix.len()];
        right[unit] = 1.0;
        for (row, solved) in inverse.iter_mut().zip(factor.solve(&right)) {
            row[unit] = solved;
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -1.0], vec![0.5, -1.0, 2.0]];
        let inverse = inverse(&matrix).unwrap();
        for (row, of_matrix) in matrix.iter().enumerate() {
            for column in 0..3 {
                let product: f64 =
                    of_matrix.iter().zip(&inverse).map(|(a, of_inverse)| a * of_inverse[column]).sum();
                let one = if row == column { 1.0 } else { 0.0 };
                assert!((product - one).abs() < 1e-12, "{row},{column}: {product}");
            }
        }
    }

    #[test]
    fn what_has_no_inverse_is_refused() {
        assert_eq!(inverse(&[vec![1.0, 1.0], vec![1.0, 1.0]]), None);
        assert_eq!(inverse(&[vec![f64::NAN]]), None);
        assert_eq!(inverse(&[vec![-1.0]]), None);
    }

    #[test]
    fn the_inverse_of_the_factor_undoes_it() {
        let matrix = vec![vec![4.0, 0.0, 0.0], vec![2.0, 5.0, 0.0], vec![0.6, 1.0, 3.0]];
        let factor = Cholesky::of(matrix, |_, left| Some(left)).unwrap();
        let inverse = factor.inverse_factor();
        for (row, of_inverse) in inverse.iter().enumerate() {
            for column in 0..3 {
                let product: f64 =
                    (0..3).filter(|at| *at >= column).map(|at| of_inverse[at] * factor.0[at][column]).sum();
                let one = if row == column { 1.0 } else { 0.0 };
                assert!((product - one).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn solving_gives_back_the_right_side() {
        let matrix = vec![vec![4.0, 2.0, 0.6], vec![2.0, 5.0, 1.0], vec![0.6, 1.0, 3.0]];
        let x = Cholesky::of(matrix.clone(), |_, left| Some(left)).unwrap().solve(&[1.0, -2.0, 0.5]);
        for (line, right) in matrix.iter().zip([1.0, -2.0, 0.5]) {
            let dot: f64 = line.iter().zip(&x).map(|(a, b)| a * b).sum();
            assert!((dot - right).abs() < 1e-12);
        }
    }
}
