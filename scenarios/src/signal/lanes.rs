//! Four numbers side by side, written so that a compiler keeps them in one vector register. The order of every addition
//! is fixed here, so the sums are the same bits with and without vector units.

#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(16))]
pub struct Four(pub [f32; 4]);

impl Four {
    pub const ZERO: Self = Self([0.0; 4]);

    #[inline(always)]
    pub const fn all(x: f32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]])
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]])
    }

    #[inline(always)]
    pub fn sum(self) -> f32 {
        // Seen from here, the vectoriser would shuffle every step before into pairs that suit this one sum (three times
        // as slow for a 32-tap kernel): it must not see where the four came from.
        let [a, b, c, d] = core::hint::black_box(self).0;
        (a + b) + (c + d)
    }
}
