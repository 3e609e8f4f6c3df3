//! A symmetric, positive definite system of a few dozen unknowns.

/// The inverse, by Cholesky's way; `None` if the matrix is not positive definite as far as the arithmetic can tell.
pub fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let before: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = matrix[row][column] - before;
            if row == column {
                if !(rest.is_finite() && rest > 1e-14 * matrix[row][row]) {
                    return None;
                }
                lower[row][row] = rest.sqrt();
            } else {
                lower[row][column] = rest / lower[column][column];
            }
        }
    }
    // Column by column of the unit matrix: down through L, up through its transpose.
    let mut inverse = vec![vec![0.0; size]; size];
    for unit in 0..size {
        let mut solved = vec![0.0; size];
        for row in 0..size {
            let before: f64 = (0..row).map(|k| lower[row][k] * solved[k]).sum();
            solved[row] = (f64::from(u8::from(row == unit)) - before) / lower[row][row];
        }
        for row in (0..size).rev() {
            let after: f64 = (row + 1..size).map(|k| lower[k][row] * solved[k]).sum();
            solved[row] = (solved[row] - after) / lower[row][row];
        }
        for (row, solved) in inverse.iter_mut().zip(solved) {
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
}
