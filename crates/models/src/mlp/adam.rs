//! Adam (Kingma and Ba, ICLR 2015, section 2) with both bias corrections in the
//! step size.

const STEP: f64 = 1e-3;
const DECAY: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;

/// First and second moments of every parameter's gradient.
pub(super) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl Adam {
    pub(super) fn new(n_parameters: usize) -> Self {
        Self { first: vec![0.0; n_parameters], second: vec![0.0; n_parameters], steps: 0 }
    }

    /// One step against the gradient.
    #[inline(always)]
    pub(super) fn step(&mut self, parameters: &mut [f32], gradient: &[f32]) {
        self.steps += 1;
        let left = |decay: f32| 1.0 - f64::from(decay).powi(self.steps);
        let step = (STEP * left(DECAY.1).sqrt() / left(DECAY.0)) as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, &slope), (first, second)) in
            parameters.iter_mut().zip(gradient).zip(moments)
        {
            *first = DECAY.0 * *first + (1.0 - DECAY.0) * slope;
            *second = DECAY.1 * *second + (1.0 - DECAY.1) * slope * slope;
            *parameter -= step * *first / (second.sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_step_size_whatever_the_slope() {
        let (mut adam, mut parameters) = (Adam::new(2), [1.0, 1.0]);
        adam.step(&mut parameters, &[1e-3, -50.0]);
        assert!((parameters[0] - 0.999).abs() < 1e-6 && (parameters[1] - 1.001).abs() < 1e-6);
    }
}
