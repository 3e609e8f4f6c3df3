//! Unit quaternions: the attitude of a chip in the world.

/// Turns chip axes into world axes (x forward, y left, z up).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quat {
    pub w: f64,
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

pub type Vec3 = [f64; 3];

impl Quat {
    pub const IDENTITY: Self = Self { w: 1.0, x: 0.0, y: 0.0, z: 0.0 };

    /// A turn by `angle_rad` about the unit vector `axis`.
    pub fn about(axis: Vec3, angle_rad: f64) -> Self {
        let (sin, cos) = libm::sincos(0.5 * angle_rad);
        Self { w: cos, x: axis[0] * sin, y: axis[1] * sin, z: axis[2] * sin }
    }

    /// First `other`, then `self` (as rotations of vectors).
    pub fn then_inner(self, other: Self) -> Self {
        let (a, b) = (self, other);
        Self {
            w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
            x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
            y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
            z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
        }
    }

    pub fn conjugate(self) -> Self {
        Self { w: self.w, x: -self.x, y: -self.y, z: -self.z }
    }

    pub fn normalised(self) -> Self {
        let length = libm::sqrt(self.w * self.w + self.x * self.x + self.y * self.y + self.z * self.z);
        Self { w: self.w / length, x: self.x / length, y: self.y / length, z: self.z / length }
    }

    /// The rows of the matrix that turns chip axes into world axes: row 2 is the world's up, seen by the chip.
    pub fn rows(self) -> [Vec3; 3] {
        let Self { w, x, y, z } = self;
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
        ]
    }

    /// A vector in chip axes, seen from the world.
    pub fn to_world(self, v: Vec3) -> Vec3 {
        self.rows().map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// A vector in world axes, seen by the chip.
    pub fn to_chip(self, v: Vec3) -> Vec3 {
        self.conjugate().to_world(v)
    }

    /// Axis and angle in [0, pi]; the axis of no turn at all is z.
    pub fn axis_angle(self) -> (Vec3, f64) {
        let q = if self.w < 0.0 { Self { w: -self.w, x: -self.x, y: -self.y, z: -self.z } } else { self };
        let sin = libm::sqrt(q.x * q.x + q.y * q.y + q.z * q.z);
        if sin < 1e-12 {
            return ([0.0, 0.0, 1.0], 0.0);
        }
        ([q.x / sin, q.y / sin, q.z / sin], 2.0 * libm::atan2(sin, q.w))
    }
}

impl Quat {
    /// Roll about the chip's x axis, then pitch about its y axis, then yaw about the vertical.
    pub fn from_attitude(attitude: &crate::schema::Attitude) -> Self {
        let radians = |degrees: f32| f64::from(degrees).to_radians();
        let roll = Self::about([1.0, 0.0, 0.0], radians(attitude.roll_deg));
        let pitch = Self::about([0.0, 1.0, 0.0], radians(attitude.pitch_deg));
        let yaw = Self::about([0.0, 0.0, 1.0], radians(attitude.yaw_deg));
        yaw.then_inner(roll).then_inner(pitch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attitude;

    fn close(a: Vec3, b: Vec3) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-7)
    }

    #[test]
    fn gravity_goes_where_roll_and_pitch_put_it() {
        let up = |roll_deg, pitch_deg, yaw_deg| {
            Quat::from_attitude(&Attitude { roll_deg, pitch_deg, yaw_deg }).to_chip([0.0, 0.0, 1.0])
        };
        assert!(close(up(0.0, 0.0, 77.0), [0.0, 0.0, 1.0]));
        assert!(close(up(90.0, 0.0, 0.0), [0.0, 1.0, 0.0]));
        assert!(close(up(0.0, 90.0, 0.0), [-1.0, 0.0, 0.0]));
        assert!(close(up(180.0, 0.0, 0.0), [0.0, 0.0, -1.0]));
        // After a quarter roll the chip's y axis is the vertical: pitching about it moves no gravity.
        assert!(close(up(90.0, 60.0, 10.0), [0.0, 1.0, 0.0]));
    }

    #[test]
    fn axis_and_angle_come_back() {
        let axis = [2.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0];
        for angle in [0.01, 1.0, 3.0] {
            let (found, turned) = Quat::about(axis, angle).axis_angle();
            assert!(close(found, axis) && (turned - angle).abs() < 1e-9);
        }
        // The short way round.
        let (found, turned) = Quat::about(axis, 5.0).axis_angle();
        assert!(close(found, axis.map(|a| -a)) && (turned - (core::f64::consts::TAU - 5.0)).abs() < 1e-9);
    }
}
