//! Meshes that Bevy has not: blocks with rounded corners and bevelled edges, tubes, flat rings, soft shadows.

use bevy::asset::RenderAssetUsages;
use bevy::math::{Vec2, Vec3};
use bevy::mesh::{Indices, Mesh, PrimitiveTopology, VertexAttributeValues};
use std::f32::consts::{FRAC_PI_2, TAU};

/// Steps of a corner's quarter, and of a bevel's.
const CORNER: usize = 6;
const BEVEL: usize = 3;

struct Builder {
    places: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    triangles: Vec<u32>,
}

impl Builder {
    fn new() -> Self {
        Self { places: Vec::new(), normals: Vec::new(), triangles: Vec::new() }
    }

    fn push(&mut self, place: Vec3, normal: Vec3) -> u32 {
        self.places.push(place.to_array());
        self.normals.push(normal.normalize_or(Vec3::Y).to_array());
        self.places.len() as u32 - 1
    }

    /// Joins two closed rows of as many points, the second further along the outside's thumb.
    fn skin(&mut self, lower: u32, upper: u32, count: u32) {
        for i in 0..count {
            let j = (i + 1) % count;
            self.triangles.extend([lower + i, upper + i, upper + j, lower + i, upper + j, lower + j]);
        }
    }

    fn done(self) -> Mesh {
        let flat = vec![[0.0f32; 2]; self.places.len()];
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default())
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.places)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, flat)
            .with_inserted_indices(Indices::U32(self.triangles))
    }
}

/// The outline of a rounded rectangle in x and z: points with their outward normals, so that a corner's middle stays where it is.
fn outline(half: Vec2, corner: f32) -> Vec<(Vec2, Vec2)> {
    let middle = half - Vec2::splat(corner);
    let signs = [Vec2::new(1.0, 1.0), Vec2::new(-1.0, 1.0), Vec2::new(-1.0, -1.0), Vec2::new(1.0, -1.0)];
    let corners = signs.iter().enumerate().flat_map(|(quarter, sign)| {
        (0..=CORNER).map(move |step| {
            let angle = FRAC_PI_2 * (quarter as f32 + step as f32 / CORNER as f32);
            (*sign * middle, Vec2::from_angle(angle))
        })
    });
    corners.map(|(middle, out)| (middle + out * corner, out)).collect()
}

/// A block whose upright edges have a radius of `corner`, all others of `bevel`.
pub fn rounded(half: Vec3, corner: f32, bevel: f32) -> Mesh {
    let bevel = bevel.min(half.min_element());
    let corner = corner.max(bevel).min(half.x.min(half.z));
    let around = outline(Vec2::new(half.x, half.z), corner);
    let count = around.len() as u32;
    let mut build = Builder::new();
    let bevels = (0..=BEVEL).map(|step| FRAC_PI_2 * (step as f32 / BEVEL as f32 - 1.0));
    let layers: Vec<(f32, f32)> = bevels
        .clone()
        .map(|angle| (angle, bevel - half.y))
        .chain(bevels.map(|angle| (angle + FRAC_PI_2, half.y - bevel)))
        .collect();
    for (layer, (angle, height)) in layers.iter().enumerate() {
        let (sin, cos) = angle.sin_cos();
        for (at, out) in &around {
            let at = *at - *out * bevel * (1.0 - cos);
            build.push(Vec3::new(at.x, height + bevel * sin, at.y), Vec3::new(out.x * cos, sin, out.y * cos));
        }
        if layer > 0 {
            let lower = (layer as u32 - 1) * count;
            build.skin(lower, lower + count, count);
        }
    }
    let top = (layers.len() as u32 - 1) * count;
    let (under, over) =
        (build.push(Vec3::NEG_Y * half.y, Vec3::NEG_Y), build.push(Vec3::Y * half.y, Vec3::Y));
    for i in 0..count {
        let j = (i + 1) % count;
        build.triangles.extend([under, i, j, over, top + j, top + i]);
    }
    build.done()
}

pub fn cuboid(half: Vec3) -> Mesh {
    Mesh::from(bevy::math::primitives::Cuboid::from_size(half * 2.0))
}

/// A tube along z with elliptic sections: (z, half width, half height, height of the middle), z falling.
pub fn tube(sections: &[[f32; 4]]) -> Mesh {
    const AROUND: u32 = 28;
    let mut build = Builder::new();
    for (index, [z, wide, high, middle]) in sections.iter().copied().enumerate() {
        let before = sections[index.saturating_sub(1)];
        let after = sections[(index + 1).min(sections.len() - 1)];
        // How much narrower it gets on the way: its skin looks there.
        let slope = (before[1] - after[1]) / (before[0] - after[0]).abs().max(1e-3);
        for step in 0..AROUND {
            let (sin, cos) = (TAU * step as f32 / AROUND as f32).sin_cos();
            let out = Vec2::new(cos * high.max(1e-3), sin * wide.max(1e-3)).normalize();
            build.push(
                Vec3::new(wide * cos, middle + high * sin, z),
                Vec3::new(out.x, out.y, -slope.clamp(-3.0, 3.0)),
            );
        }
        if index > 0 {
            let lower = (index as u32 - 1) * AROUND;
            build.skin(lower, lower + AROUND, AROUND);
        }
    }
    build.done()
}

/// A flat ring of radius 1 about y, so thick.
pub fn ring(thick: f32) -> Mesh {
    const AROUND: u32 = 72;
    let mut build = Builder::new();
    for radius in [1.0 - thick, 1.0] {
        for step in 0..AROUND {
            let (sin, cos) = (TAU * step as f32 / AROUND as f32).sin_cos();
            build.push(Vec3::new(radius * cos, 0.0, -radius * sin), Vec3::Y);
        }
    }
    build.skin(0, AROUND, AROUND);
    build.done()
}

/// What lies close keeps light off: a dark rectangle of half sides 1, with a soft edge.
pub fn shadow(strength: f32) -> Mesh {
    let rows = [(0.72, 1.0), (0.94, 0.85), (1.06, 0.45), (1.22, 0.15), (1.45, 0.0)];
    let mut build = Builder::new();
    let mut colours: Vec<[f32; 4]> = Vec::new();
    let mut count = 0;
    for (row, (size, share)) in rows.iter().enumerate() {
        let around = outline(Vec2::splat(*size), 0.3 * size);
        count = around.len() as u32;
        for (at, _) in &around {
            build.push(Vec3::new(at.x, 0.0, at.y), Vec3::Y);
            colours.push([0.0, 0.0, 0.0, strength * share]);
        }
        if row > 0 {
            let inner = (row as u32 - 1) * count;
            build.skin(inner + count, inner, count);
        }
    }
    let middle = build.push(Vec3::ZERO, Vec3::Y);
    colours.push([0.0, 0.0, 0.0, strength]);
    for i in 0..count {
        build.triangles.extend([middle, (i + 1) % count, i]);
    }
    build.done().with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colours)
}

/// One mesh of several.
pub fn join(parts: impl IntoIterator<Item = Mesh>) -> Mesh {
    let mut build = Builder::new();
    for part in parts {
        let first = build.places.len() as u32;
        let read = |attribute| match part.attribute(attribute) {
            Some(VertexAttributeValues::Float32x3(values)) => values.clone(),
            _ => Vec::new(),
        };
        build.places.extend(read(Mesh::ATTRIBUTE_POSITION));
        build.normals.extend(read(Mesh::ATTRIBUTE_NORMAL));
        let corners = part.indices().into_iter().flat_map(|indices| indices.iter());
        build.triangles.extend(corners.map(|corner| first + corner as u32));
    }
    build.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(mesh: &Mesh, attribute: bevy::mesh::MeshVertexAttribute) -> Vec<Vec3> {
        match mesh.attribute(attribute) {
            Some(VertexAttributeValues::Float32x3(values)) => values.iter().map(|v| Vec3::from(*v)).collect(),
            _ => panic!("no vectors"),
        }
    }

    /// Every triangle's front looks where its corners' normals do.
    fn faces_out(mesh: &Mesh) {
        let places = vectors(mesh, Mesh::ATTRIBUTE_POSITION);
        let normals = vectors(mesh, Mesh::ATTRIBUTE_NORMAL);
        let corners: Vec<usize> = mesh.indices().unwrap().iter().collect();
        for triangle in corners.chunks_exact(3) {
            let [a, b, c] = [0, 1, 2].map(|corner| places[triangle[corner]]);
            let front = (b - a).cross(c - a);
            let outward: Vec3 = triangle.iter().map(|corner| normals[*corner]).sum();
            assert!(front.length() < 1e-6 || front.dot(outward) > -1e-6, "{a} {b} {c}");
        }
    }

    #[test]
    fn meshes_are_seen_from_outside() {
        let block = rounded(Vec3::new(1.3, 0.7, 2.4), 0.36, 0.15);
        faces_out(&block);
        faces_out(&cuboid(Vec3::ONE));
        faces_out(&tube(&[[4.0, 2.0, 1.5, 0.0], [0.0, 1.8, 1.2, 0.0], [-3.0, 2.5, 1.0, 0.2]]));
        faces_out(&ring(0.02));
        faces_out(&shadow(0.5));
        faces_out(&join([block, cuboid(Vec3::ONE)]));
    }

    #[test]
    fn a_rounded_block_is_as_large_as_it_says() {
        let half = Vec3::new(1.3, 0.7, 2.4);
        let places = vectors(&rounded(half, 0.36, 0.15), Mesh::ATTRIBUTE_POSITION);
        let greatest = places.iter().fold(Vec3::ZERO, |most, place| most.max(place.abs()));
        assert!((greatest - half).length() < 1e-5, "{greatest}");
        let corner = half - Vec3::splat(0.05);
        assert!(places.iter().all(|place| !place.abs().cmpge(corner).all()), "its corners are round");
    }
}
