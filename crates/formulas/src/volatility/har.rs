//! Corsi's heterogeneous autoregression of realised variance, by least squares over a rolling window.

use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::parts::linear::{factorise, substitute};
use crate::parts::{Sum, WindowSum};
use crate::persist::state;
use crate::rows;

/// Means of the variance over three spans.
const SPANS: usize = 3;

/// A regressor whose variance the others leave less of than this is one of them, as far as doubles can tell.
const COLLINEAR: f64 = 1e-12;

/// The three means and the value that came after them.
type Point = [f64; SPANS + 1];

state! {
    /// Sums over points, about a point near them.
    #[derive(Copy, Default)]
    struct PointSums {
        reference: Point,
        totals: [Sum; SPANS + 1],
        /// Products of each mean with itself, with those after it, and with the value.
        products: [[Sum; SPANS + 1]; SPANS],
    }
}

impl PointSums {
    fn about(reference: Point) -> Self {
        Self { reference, ..Self::default() }
    }

    #[inline(always)]
    fn add(&mut self, point: &Point, sign: f64) {
        let deviations: Point = std::array::from_fn(|i| point[i] - self.reference[i]);
        for (total, deviation) in self.totals.iter_mut().zip(deviations) {
            total.add(sign * deviation);
        }
        for i in 0..SPANS {
            for j in i..=SPANS {
                self.products[i][j].add(sign * deviations[i] * deviations[j]);
            }
        }
    }
}

/// A plane through the points: slopes, and a point that it goes through.
struct Plane {
    slopes: [f64; SPANS],
    centre: Point,
}

impl PointSums {
    /// Least squares, from the correlations of the means. Where these are collinear the slopes are zero.
    fn plane(&self, count: f64) -> Plane {
        let shifts: Point = std::array::from_fn(|i| self.totals[i].value() / count);
        let centred = |i: usize, j: usize| self.products[i][j].value() - count * shifts[i] * shifts[j];
        let scales: [f64; SPANS] = std::array::from_fn(|i| {
            let (squares, raw) = (centred(i, i), self.products[i][i].value());
            if squares > COLLINEAR * raw {
                1.0 / squares.sqrt()
            } else {
                0.0
            }
        });
        let mut matrix = [0.0; SPANS * SPANS];
        let mut slopes: [f64; SPANS] = std::array::from_fn(|i| centred(i, SPANS) * scales[i]);
        for row in 0..SPANS {
            for column in 0..=row {
                matrix[row * SPANS + column] = centred(column, row) * scales[row] * scales[column];
            }
        }
        let spans = |factor: &[f64]| (0..SPANS).all(|i| factor[i * (SPANS + 1)].powi(2) > COLLINEAR);
        if factorise(&mut matrix, SPANS) && spans(&matrix) {
            substitute(&matrix, &mut slopes);
            slopes.iter_mut().zip(scales).for_each(|(slope, scale)| *slope *= scale);
        } else {
            slopes = [0.0; SPANS];
        }
        Plane { slopes, centre: std::array::from_fn(|i| self.reference[i] + shifts[i]) }
    }
}

state! {
    /// The last n points and their sums. As in `WindowSum`, the sums of the lap under way take over when the ring
    /// wraps: they are about a point of that lap, so the reference follows the series.
    struct RollingPlane {
        points: Box<[Point]>,
        next: usize,
        full: bool,
        window: PointSums,
        lap: PointSums,
    }
}

impl RollingPlane {
    fn new(length: usize) -> Self {
        Self {
            points: vec![[0.0; SPANS + 1]; length].into_boxed_slice(),
            next: 0,
            full: false,
            window: PointSums::default(),
            lap: PointSums::default(),
        }
    }

    #[inline]
    fn push(&mut self, point: Point) -> Option<Plane> {
        if self.next == 0 {
            self.lap = PointSums::about(point);
        }
        let old = std::mem::replace(&mut self.points[self.next], point);
        self.lap.add(&point, 1.0);
        if self.full {
            self.window.add(&old, -1.0);
            self.window.add(&point, 1.0);
        }
        self.next += 1;
        if self.next == self.points.len() {
            (self.next, self.full, self.window) = (0, true, self.lap);
        }
        self.full.then(|| self.window.plane(self.points.len() as f64))
    }
}

outputs! {
    /// The variance of the next period, and the coefficients that it is made with.
    HarPoint { forecast, b0, b_d, b_w, b_m }
}

state! {
    pub struct HarRv {
        spans: [WindowSum; SPANS],
        /// What the next value is regressed on.
        means: Option<[f64; SPANS]>,
        plane: RollingPlane,
    }
}

impl Kernel for HarRv {
    const INFO: &'static FormulaInfo = &rows::HAR_RV;
    type Input<'a> = f64;
    type Output<'s> = HarPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let [d, w, m] = ["d", "w", "m"].map(|name| params.int(name));
        if d >= w {
            return Err(params.refuse("w", "a whole number above d"));
        }
        if w >= m {
            return Err(params.refuse("m", "a whole number above w"));
        }
        Ok(Self {
            spans: [d, w, m].map(WindowSum::new),
            means: None,
            plane: RollingPlane::new(params.int("window")),
        })
    }

    #[inline]
    fn step(&mut self, variance: f64) -> Option<HarPoint> {
        if variance < 0.0 {
            return None;
        }
        let [day, week, month] = &mut self.spans;
        let mean = |span: &mut WindowSum| span.push(variance).map(|sum| sum / span.len() as f64);
        let (day, week, month) = (mean(day), mean(week), mean(month));
        let means = [day?, week?, month?];
        let [before_d, before_w, before_m] = self.means.replace(means)?;
        let Plane { slopes, centre } = self.plane.push([before_d, before_w, before_m, variance])?;
        let [b_d, b_w, b_m] = slopes;
        let forecast = centre[SPANS] + (0..SPANS).map(|i| slopes[i] * (means[i] - centre[i])).sum::<f64>();
        let b0 = centre[SPANS] - (0..SPANS).map(|i| slopes[i] * centre[i]).sum::<f64>();
        Some(HarPoint { forecast: forecast.max(0.0), b0, b_d, b_w, b_m })
    }
}
