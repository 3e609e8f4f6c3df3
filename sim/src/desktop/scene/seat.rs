//! What sticks lie on: a desk, a shelf, a wrist, a machine, a plan of a building.

use super::build::{Arm, Fan, Paints};
use super::place::{Layout, Plan, Seat};
use super::shape::{self, cuboid, join, rounded, tube};
use super::stick;
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, TAU};

/// Where the bottom of a lying stick is.
const TOP: f32 = -stick::BODY.half.y;

pub struct Builder<'a, 'w, 's> {
    pub commands: &'a mut Commands<'w, 's>,
    pub meshes: &'a mut Assets<Mesh>,
    pub materials: &'a mut Assets<StandardMaterial>,
    pub paints: &'a Paints,
    /// What sinks when a hand takes a stick.
    pub ground: Entity,
}

impl Builder<'_, '_, '_> {
    fn put(&mut self, mesh: Mesh, paint: &Handle<StandardMaterial>, at: Vec3, parent: Entity) -> Entity {
        let mesh = self.meshes.add(mesh);
        let place = Transform::from_translation(at);
        self.commands.spawn((Mesh3d(mesh), MeshMaterial3d(paint.clone()), place, ChildOf(parent))).id()
    }

    /// What all share.
    pub fn room(&mut self, layout: &Layout) {
        let (paints, ground) = (self.paints, self.ground);
        let seats: Vec<Seat> = layout.spots.iter().map(|spot| spot.seat).collect();
        if let Some(plan) = &layout.plan {
            self.plan(plan);
        } else if seats.contains(&Seat::Shelf) {
            let board = rounded(Vec3::new(40.0, 0.3, 4.6), 0.2, 0.08);
            self.put(board, &paints.wood, Vec3::new(0.0, TOP - 0.3, 0.4), ground);
            let wall = cuboid(Vec3::new(120.0, 60.0, 0.1));
            self.put(wall, &paints.wall, Vec3::new(0.0, 0.0, -4.3), ground);
            for side in [-1.0, 1.0] {
                let book = |wide: f32, tall: f32| rounded(Vec3::new(wide, tall, 1.9), 0.05, 0.04);
                let mut x = 7.2;
                for (wide, tall, paint) in
                    [(0.45, 2.6, &paints.strap), (0.6, 2.2, &paints.wall), (0.4, 2.9, &paints.metal)]
                {
                    let at = Vec3::new(side * (x + wide), TOP + tall, -2.2);
                    self.put(book(wide, tall), paint, at, ground);
                    x += 2.0 * wide + 0.06;
                }
            }
        } else if seats.contains(&Seat::Desk) {
            let board = rounded(Vec3::new(40.0, 0.4, 22.0), 0.6, 0.1);
            self.put(board, &paints.wood, Vec3::new(0.0, TOP - 0.4, -4.0), ground);
            let mat = rounded(Vec3::new(9.0, 0.03, 4.4), 0.4, 0.02);
            self.put(mat, &paints.mat, Vec3::new(0.0, TOP - 0.02, 0.0), ground);
        }
    }

    /// What one stick lies on; `stick` is the stick itself, for what goes with it.
    pub fn seat(&mut self, seat: Seat, at: Vec3, index: usize, stick: Entity) {
        let (paints, ground) = (self.paints, self.ground);
        match seat {
            Seat::Shelf | Seat::Desk | Seat::Plan => {}
            Seat::Wrist => {
                let (wide, high) = (2.25, 1.6);
                let middle = TOP - high - 0.12;
                // A piece of one, as shops show watches on: a whole forearm would fill the picture when it turns.
                let arm = [
                    [6.4, 0.02, 0.02],
                    [6.35, 1.5, 1.2],
                    [6.15, 2.1, 1.7],
                    [5.6, 2.45, 1.95],
                    [3.0, 2.36, 1.8],
                    [-1.5, wide, high],
                    [-3.6, 2.4, 1.55],
                    [-5.6, 2.7, 1.5],
                    [-6.2, 2.4, 1.25],
                    [-6.5, 1.7, 0.8],
                    [-6.6, 0.02, 0.02],
                ];
                let sections = arm.map(|[z, wide, high]| [z, wide, high, middle]);
                let band = [
                    [1.15, 2.24, 1.6, middle],
                    [1.12, 2.42, 1.78, middle],
                    [-1.12, 2.42, 1.78, middle],
                    [-1.15, 2.24, 1.6, middle],
                ];
                let holder = rounded(Vec3::new(1.5, 0.16, 2.0), 0.3, 0.06);
                let parts = [
                    (tube(&sections), &paints.skin, Vec3::ZERO),
                    (tube(&band), &paints.strap, Vec3::ZERO),
                    (holder, &paints.strap, Vec3::new(0.0, TOP - 0.06, 0.0)),
                ];
                for (mesh, paint, at) in parts {
                    // Its own paint: one sees through it where it would hide the stick.
                    let own = self.materials.get(paint).cloned().unwrap_or_default();
                    let own = self.materials.add(own);
                    let part = self.put(mesh, &own, at, stick);
                    self.commands.entity(part).insert(Arm(index));
                }
            }
            Seat::Machine => {
                let radius = 3.1;
                let axle = Vec3::new(0.0, TOP - 0.5 - radius * 0.94, 0.0) + at;
                let lying = Quat::from_rotation_y(FRAC_PI_2);
                // Along x, with cooling fins.
                let sections = [
                    [3.0, 0.02, 0.02, 0.0],
                    [3.0, radius - 0.5, radius - 0.5, 0.0],
                    [2.8, radius - 0.2, radius - 0.2, 0.0],
                    [-3.6, radius - 0.2, radius - 0.2, 0.0],
                    [-3.9, radius - 0.6, radius - 0.6, 0.0],
                    [-3.9, 0.02, 0.02, 0.0],
                ];
                let body = self.put(tube(&sections), &paints.machine, axle, ground);
                self.commands.entity(body).insert(Transform::from_translation(axle).with_rotation(lying));
                let fins = (0..24).map(|fin| {
                    let angle = TAU * fin as f32 / 24.0;
                    let fin = cuboid(Vec3::new(2.9, 0.22, 0.06));
                    fin.translated_by(Vec3::Y * (radius - 0.12)).rotated_by(Quat::from_rotation_x(angle))
                });
                self.put(join(fins), &paints.machine, axle - Vec3::X * 0.4, ground);
                let pad = rounded(Vec3::new(2.3, 0.5, 3.1), 0.2, 0.08);
                self.put(pad, &paints.metal, at + Vec3::Y * (TOP - 0.5), ground);
                let foot = rounded(Vec3::new(5.5, 0.4, 4.2), 0.3, 0.1);
                self.put(foot, &paints.metal, axle - Vec3::Y * (radius + 0.3), ground);
                let floor = rounded(Vec3::new(60.0, 0.1, 40.0), 0.3, 0.02);
                self.put(floor, &paints.wall, axle - Vec3::Y * (radius + 0.8), ground);
                // A shaft, and a fan on it.
                let fan = self.commands.spawn((
                    Fan(index),
                    Transform::from_translation(axle + Vec3::X * 2.8),
                    Visibility::default(),
                    ChildOf(ground),
                ));
                let fan = fan.id();
                let hub = tube(&[
                    [-0.9, 0.62, 0.62, 0.0],
                    [-0.9, 0.62, 0.62, 0.0],
                    [-1.3, 0.45, 0.45, 0.0],
                    [-1.32, 0.02, 0.02, 0.0],
                ]);
                let hub = hub.rotated_by(Quat::from_rotation_y(-FRAC_PI_2));
                let shaft = tube(&[[0.0, 0.3, 0.3, 0.0], [-1.0, 0.3, 0.3, 0.0]]);
                let shaft = shaft.rotated_by(Quat::from_rotation_y(-FRAC_PI_2));
                self.put(join([hub, shaft]), &paints.metal, Vec3::ZERO, fan);
                let blades = (0..5).map(|blade| {
                    let blade_turn = Quat::from_rotation_x(TAU * blade as f32 / 5.0);
                    let pitched = Quat::from_rotation_y(0.6);
                    let blade = rounded(Vec3::new(0.05, 1.05, 0.5), 0.04, 0.02).rotated_by(pitched);
                    blade.translated_by(Vec3::new(0.75, 1.5, 0.0)).rotated_by(blade_turn)
                });
                self.put(join(blades), &paints.strap, Vec3::ZERO, fan);
            }
        }
    }

    fn plan(&mut self, plan: &Plan) {
        let (paints, ground) = (self.paints, self.ground);
        let size = plan.size();
        let slab = rounded(Vec3::new(size.x * 0.5, 0.15, size.y * 0.5), 0.3, 0.06);
        self.put(slab, &paints.mat, Vec3::Y * -1.16, ground);
        const TALL: f32 = 0.9;
        for (from, to, _) in &plan.walls {
            let (from, to) = (plan.place(*from), plan.place(*to));
            let way = to - from;
            let turned = Quat::from_rotation_y((-way.z).atan2(way.x));
            let mesh = cuboid(Vec3::new(way.length() * 0.5 + 0.07, TALL * 0.5, 0.07)).rotated_by(turned);
            self.put(mesh, &paints.metal, from.midpoint(to) + Vec3::Y * TALL * 0.5, ground);
        }
        let foot = rounded(Vec3::new(0.32, 0.1, 0.32), 0.2, 0.05);
        let mast = cuboid(Vec3::new(0.05, 0.7, 0.05)).translated_by(Vec3::Y * 0.7);
        let post = self.meshes.add(join([foot, mast, shape::ring(0.3).translated_by(Vec3::Y * 1.4)]));
        for point in &plan.points {
            self.commands.spawn((
                Mesh3d(post.clone()),
                MeshMaterial3d(paints.world.clone()),
                Transform::from_translation(plan.place(*point)),
                ChildOf(ground),
            ));
        }
    }
}
