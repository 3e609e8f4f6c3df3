//! What stands in the scene, and the picture that it is rendered to.

use super::stick::{self, Block};
use super::update;
use crate::desktop::desk::Desk;
use bevy::asset::RenderAssetUsages;
use bevy::camera::RenderTarget;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::image::ImageSampler;
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat, TextureUsages};

pub struct ScenePlugin;

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, build);
        app.add_systems(Update, (update::size, update::eye, update::stick, update::screen));
    }
}

/// The picture that the scene is rendered to.
#[derive(Resource)]
pub struct Backdrop(pub Handle<Image>);

#[derive(Component)]
pub struct Eye;
/// The stick as it is.
#[derive(Component)]
pub struct Stick;
#[derive(Component)]
pub struct LedLens;

/// The texture of the LCD, and which of the screen's changes it shows.
#[derive(Resource)]
pub struct Lcd {
    pub image: Handle<Image>,
    pub material: Handle<StandardMaterial>,
    pub shows: Option<(u64, u64, usize, u16)>,
}

pub fn picture(width: u32, height: u32) -> Image {
    let size = Extent3d { width, height, depth_or_array_layers: 1 };
    let mut image = Image::new_fill(
        size,
        TextureDimension::D2,
        &[0; 4],
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::default(),
    );
    image.texture_descriptor.usage = TextureUsages::RENDER_ATTACHMENT
        | TextureUsages::COPY_SRC
        | TextureUsages::COPY_DST
        | TextureUsages::TEXTURE_BINDING;
    image
}

fn build(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    desk: NonSend<Desk>,
) {
    let backdrop = images.add(picture(640, 400));
    commands.insert_resource(Backdrop(backdrop.clone()));
    let ground = if desk.look.dark { Color::srgb(0.105, 0.12, 0.14) } else { Color::srgb(0.9, 0.91, 0.92) };
    commands.spawn((
        Eye,
        Camera3d::default(),
        Camera { order: -1, clear_color: ClearColorConfig::Custom(ground), ..default() },
        Projection::Perspective(PerspectiveProjection { fov: super::orbit::FIELD_OF_VIEW, ..default() }),
        RenderTarget::Image(backdrop.into()),
        // Any other would change the LCD's colours.
        Tonemapping::None,
        Msaa::Sample4,
        desk.stage.orbit.eye(),
    ));
    commands.spawn((
        DirectionalLight { illuminance: 5_000.0, shadow_maps_enabled: true, ..default() },
        Transform::from_xyz(4.0, 9.0, 5.0).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    commands.spawn((
        DirectionalLight { illuminance: 1_500.0, ..default() },
        Transform::from_xyz(-6.0, 4.0, -3.0).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    let mut paint = |red: f32, green: f32, blue: f32, rough: f32| {
        materials.add(StandardMaterial {
            base_color: Color::srgb(red, green, blue),
            perceptual_roughness: rough,
            reflectance: 0.25,
            ..default()
        })
    };
    let (orange, black, grey) =
        (paint(0.93, 0.42, 0.10, 0.65), paint(0.03, 0.03, 0.035, 0.4), paint(0.82, 0.83, 0.84, 0.6));
    let (white, table) = (paint(0.9, 0.9, 0.9, 0.6), paint(0.33, 0.26, 0.2, 0.9));
    let led = paint(0.35, 0.05, 0.05, 0.5);
    commands.spawn((
        Mesh3d(meshes.add(Cuboid::new(40.0, 0.5, 40.0))),
        MeshMaterial3d(table),
        Transform::from_xyz(0.0, -0.95, 0.0),
    ));
    let lcd = images.add({
        let mut image = picture(80, 160);
        image.sampler = ImageSampler::nearest();
        image
    });
    let glass =
        materials.add(StandardMaterial { base_color_texture: Some(lcd.clone()), unlit: true, ..default() });
    commands.insert_resource(Lcd { image: lcd, material: glass.clone(), shows: None });
    let stick = commands.spawn((Stick, Transform::default(), Visibility::default())).id();
    let mut part = |block: Block, material: &Handle<StandardMaterial>| {
        let size = block.half * 2.0;
        let mesh = meshes.add(Cuboid::new(size.x, size.y, size.z));
        let at = Transform::from_translation(block.middle);
        commands.spawn((Mesh3d(mesh), MeshMaterial3d(material.clone()), at, ChildOf(stick))).id()
    };
    part(stick::BODY, &orange);
    part(stick::FRONT, &black);
    part(stick::BUTTON_A, &white);
    part(stick::BUTTON_B, &grey);
    part(stick::POWER, &grey);
    part(stick::GROVE, &white);
    part(stick::HEADER, &black);
    let lens = part(stick::LED, &led);
    commands.entity(lens).insert(LedLens);
    let size = stick::SCREEN.half * 2.0;
    commands.spawn((
        // A plane's texture has its top at -z: so has the stick.
        Mesh3d(meshes.add(Plane3d::new(Vec3::Y, Vec2::new(size.x, size.z) * 0.5))),
        MeshMaterial3d(glass),
        Transform::from_translation(stick::SCREEN.middle),
        ChildOf(stick),
    ));
}
