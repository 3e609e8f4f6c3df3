//! A formula through counts: `per_call + per_unit * units`, both at least zero.

/// One size: calls, units in all calls, and what it all took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub calls: f64,
    pub units: f64,
    pub took: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Formula {
    pub per_call: f64,
    pub per_unit: f64,
}

impl Formula {
    pub fn of(&self, calls: f64, units: f64) -> f64 {
        self.per_call * calls + self.per_unit * units
    }

    /// Of what was counted, by how much the formula is off: -0.1 says a tenth too little.
    pub fn error(&self, point: &Point) -> f64 {
        (self.of(point.calls, point.units) - point.took) / point.took
    }
}

/// Least squares of relative errors, so that small sizes count as much as large ones. A kernel of one size has a cost for a
/// call and none for a unit.
pub fn fit(points: &[Point]) -> Formula {
    let per_call_alone = || Formula { per_call: quotient(points, |point| point.calls), per_unit: 0.0 };
    let per_unit_alone = || Formula { per_call: 0.0, per_unit: quotient(points, |point| point.units) };
    let ratio = |point: &Point| point.units / point.calls;
    if points.iter().all(|point| ratio(point) == ratio(&points[0])) {
        return per_call_alone();
    }
    // Normal equations of (per_call * calls + per_unit * units) / took = 1.
    let (mut cc, mut cu, mut uu, mut c, mut u) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for point in points {
        let (calls, units) = (point.calls / point.took, point.units / point.took);
        cc += calls * calls;
        cu += calls * units;
        uu += units * units;
        c += calls;
        u += units;
    }
    let determinant = cc * uu - cu * cu;
    let formula =
        Formula { per_call: (c * uu - u * cu) / determinant, per_unit: (u * cc - c * cu) / determinant };
    if formula.per_call < 0.0 {
        per_unit_alone()
    } else if formula.per_unit < 0.0 {
        per_call_alone()
    } else {
        formula
    }
}

fn quotient(points: &[Point], size: impl Fn(&Point) -> f64) -> f64 {
    let by = |point: &Point| size(point) / point.took;
    points.iter().map(by).sum::<f64>() / points.iter().map(|point| by(point) * by(point)).sum::<f64>()
}

/// Largest error of the formula over its own points.
pub fn residual(formula: &Formula, points: &[Point]) -> f64 {
    points.iter().map(|point| formula.error(point).abs()).fold(0.0, f64::max)
}

/// Largest error where each size is predicted from the others. `None` with fewer than three sizes: then there is nothing to
/// predict.
pub fn leave_one_out(points: &[Point]) -> Option<f64> {
    (points.len() >= 3).then(|| {
        (0..points.len())
            .map(|left_out| {
                let mut others = points.to_vec();
                let point = others.remove(left_out);
                fit(&others).error(&point).abs()
            })
            .fold(0.0, f64::max)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(took: impl Fn(f64) -> f64) -> Vec<Point> {
        [8.0, 16.0, 32.0, 64.0]
            .map(|units| Point { calls: 2.0, units: 2.0 * units, took: 2.0 * took(units) })
            .to_vec()
    }

    #[test]
    fn a_line_is_found_and_predicts_what_was_left_out() {
        let line = points(|units| 50.0 + 7.0 * units);
        let formula = fit(&line);
        assert!(
            (formula.per_call - 50.0).abs() < 1e-6 && (formula.per_unit - 7.0).abs() < 1e-6,
            "{formula:?}"
        );
        assert!(residual(&formula, &line) < 1e-9 && leave_one_out(&line).unwrap() < 1e-9);
    }

    #[test]
    fn what_is_no_line_cannot_be_left_out() {
        assert!(leave_one_out(&points(|units| units * units)).unwrap() > 0.5);
    }

    #[test]
    fn nothing_costs_less_than_nothing() {
        let formula = fit(&points(|units| 7.0 * units - 20.0));
        assert!(formula.per_call == 0.0 && formula.per_unit > 0.0);
    }

    #[test]
    fn a_kernel_of_one_size_costs_by_the_call() {
        let one = [Point { calls: 4.0, units: 4.0, took: 400.0 }];
        assert_eq!(fit(&one), Formula { per_call: 100.0, per_unit: 0.0 });
        assert_eq!(leave_one_out(&one), None);
    }
}
