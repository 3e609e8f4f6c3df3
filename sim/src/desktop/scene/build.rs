//! What stands in the scene, and the picture that it is rendered to.

use super::seat;
use super::shape;
use super::stick::{self, Block};
use super::update;
use super::waves::RINGS;
use crate::desktop::desk::Desk;
use bevy::asset::RenderAssetUsages;
use bevy::camera::RenderTarget;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::image::ImageSampler;
use bevy::light::GlobalAmbientLight;
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat, TextureUsages};

pub struct ScenePlugin;

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, build);
        let each_frame = (
            furnish,
            update::size,
            update::eye,
            update::sticks,
            update::buttons,
            update::lights,
            update::rings,
            update::grounds,
            update::arms,
            update::screens,
        );
        app.add_systems(Update, each_frame.chain());
    }
}

/// The picture that the scene is rendered to.
#[derive(Resource)]
pub struct Backdrop(pub Handle<Image>);

#[derive(Component)]
pub struct Eye;
/// All that another scenario replaces.
#[derive(Component)]
pub struct Furniture;
/// A stick as it is, by its place in the cast.
#[derive(Component)]
pub struct Stick(pub usize);
#[derive(Component)]
pub struct Ghost(pub usize);
#[derive(Component)]
pub struct Shadow(pub usize);
/// Lies around the stick that panels speak of.
#[derive(Component)]
pub struct Chosen(pub usize);
#[derive(Component)]
pub struct Fan(pub usize);
/// A part of the arm that a stick is on.
#[derive(Component)]
pub struct Arm(pub usize);
#[derive(Component)]
pub struct Ground;
#[derive(Component)]
pub struct Lens {
    pub stick: usize,
    pub lit: bool,
}
/// A ring of sound, of a stick.
#[derive(Component)]
pub struct Wave {
    pub stick: usize,
    pub ring: usize,
}
/// A button (0: A, 1: B, 2: power), where it is when nobody presses it, and which way it gives.
#[derive(Component)]
pub struct Key {
    pub stick: usize,
    pub which: usize,
    pub rest: Vec3,
    pub gives: Vec3,
}

/// An LCD's texture, and which of the screen's changes it shows.
#[derive(Component)]
pub struct Screen {
    pub stick: usize,
    pub image: Handle<Image>,
    pub shows: Option<(u64, u64, u16)>,
}

/// Texels of the texture along each of the LCD's pixels: edges stay sharp while what is between is smooth.
pub const FINER: usize = 2;
pub const LCD: [usize; 2] = [80, 160];

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

/// The colours of a theme.
pub struct Paints {
    pub wood: Handle<StandardMaterial>,
    pub wall: Handle<StandardMaterial>,
    pub mat: Handle<StandardMaterial>,
    pub skin: Handle<StandardMaterial>,
    pub strap: Handle<StandardMaterial>,
    pub machine: Handle<StandardMaterial>,
    pub metal: Handle<StandardMaterial>,
    pub world: Handle<StandardMaterial>,
    shell: Handle<StandardMaterial>,
    glass: Handle<StandardMaterial>,
    dark: Handle<StandardMaterial>,
    white: Handle<StandardMaterial>,
    brass: Handle<StandardMaterial>,
    ghost: Handle<StandardMaterial>,
    shade: Handle<StandardMaterial>,
    chosen: Handle<StandardMaterial>,
}

impl Paints {
    fn new(materials: &mut Assets<StandardMaterial>, dark: bool) -> Self {
        let mut matt = |[red, green, blue]: [f32; 3], rough: f32, shines: f32| {
            materials.add(StandardMaterial {
                base_color: Color::srgb(red, green, blue),
                perceptual_roughness: rough,
                reflectance: shines,
                ..default()
            })
        };
        let of = |in_dark: [f32; 3], in_light: [f32; 3]| if dark { in_dark } else { in_light };
        let wood = matt(of([0.27, 0.225, 0.185], [0.80, 0.72, 0.61]), 0.9, 0.1);
        let wall = matt(of([0.19, 0.215, 0.24], [0.84, 0.86, 0.87]), 0.95, 0.1);
        let mat = matt(of([0.16, 0.18, 0.2], [0.74, 0.77, 0.79]), 0.95, 0.1);
        let skin = matt(of([0.44, 0.41, 0.39], [0.78, 0.73, 0.69]), 0.9, 0.1);
        let strap = matt(of([0.13, 0.145, 0.16], [0.3, 0.33, 0.36]), 0.9, 0.1);
        let machine = matt(of([0.2, 0.29, 0.35], [0.45, 0.57, 0.64]), 0.7, 0.2);
        let metal = matt(of([0.36, 0.38, 0.4], [0.66, 0.68, 0.7]), 0.55, 0.3);
        let world = matt(of([0.22, 0.52, 0.7], [0.1, 0.45, 0.65]), 0.8, 0.2);
        let shell = matt([0.91, 0.40, 0.09], 0.6, 0.3);
        let glass = matt([0.025, 0.027, 0.03], 0.3, 0.4);
        let black = matt([0.035, 0.035, 0.04], 0.7, 0.2);
        let white = matt([0.82, 0.83, 0.83], 0.6, 0.25);
        let brass = matt([0.62, 0.52, 0.3], 0.5, 0.4);
        let mut clear = |color: Color, unlit: bool| {
            materials.add(StandardMaterial {
                base_color: color,
                perceptual_roughness: 0.9,
                reflectance: 0.1,
                alpha_mode: AlphaMode::Blend,
                unlit,
                ..default()
            })
        };
        let ghost = clear(Color::srgba(0.95, 0.5, 0.2, if dark { 0.3 } else { 0.4 }), false);
        let shade = clear(Color::WHITE, true);
        let chosen = clear(Color::srgba(0.96, 0.51, 0.23, 0.85), true);
        Self {
            wood,
            wall,
            mat,
            skin,
            strap,
            machine,
            metal,
            world,
            shell,
            glass,
            dark: black,
            white,
            brass,
            ghost,
            shade,
            chosen,
        }
    }
}

fn build(mut commands: Commands, mut images: ResMut<Assets<Image>>, desk: NonSend<Desk>) {
    let backdrop = images.add(picture(640, 400));
    commands.insert_resource(Backdrop(backdrop.clone()));
    commands.spawn((
        Eye,
        Camera3d::default(),
        Camera { order: -1, ..default() },
        Projection::Perspective(PerspectiveProjection { fov: super::orbit::FIELD_OF_VIEW, ..default() }),
        RenderTarget::Image(backdrop.into()),
        // Any other would change the LCD's colours.
        Tonemapping::None,
        Msaa::Sample4,
        desk.stage.orbit.eye(),
    ));
    // Shadows are drawn (`shape::shadow`): maps of them would cost software renderers more than all the rest.
    commands.spawn((
        DirectionalLight { illuminance: 2_300.0, shadow_maps_enabled: false, ..default() },
        Transform::from_xyz(-4.0, 9.0, 5.0).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    commands.spawn((
        DirectionalLight { illuminance: 650.0, shadow_maps_enabled: false, ..default() },
        Transform::from_xyz(7.0, 3.0, 2.0).looking_at(Vec3::ZERO, Vec3::Y),
    ));
    commands.insert_resource(GlobalAmbientLight { brightness: 330.0, ..default() });
}

/// Another scenario or theme: everything is put up anew.
fn furnish(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    desk: NonSend<Desk>,
    old: Query<Entity, With<Furniture>>,
    mut stands: Local<Option<(u64, bool)>>,
) {
    let Some((serial, layout)) = desk.stage.layout() else { return };
    if *stands == Some((serial, desk.look.dark)) {
        return;
    }
    *stands = Some((serial, desk.look.dark));
    for entity in &old {
        commands.entity(entity).despawn();
    }
    let paints = Paints::new(&mut materials, desk.look.dark);
    let ground = commands.spawn((Furniture, Ground, Transform::default(), Visibility::default())).id();
    let shade = meshes.add(shape::shadow(if desk.look.dark { 0.8 } else { 0.5 }));
    let circle = meshes.add(shape::ring(0.022));
    let parts = Parts::new(&mut meshes);
    let wave_colour =
        if desk.look.dark { Color::srgb(0.34, 0.71, 0.91) } else { Color::srgb(0.0, 0.4, 0.66) };
    for (index, spot) in layout.spots.iter().enumerate() {
        let stick =
            commands.spawn((Furniture, Stick(index), Transform::default(), Visibility::default())).id();
        parts.put(&mut commands, &paints, index, stick);
        screen(&mut commands, &mut images, &mut meshes, &mut materials, index, stick);
        let lens = materials.add(StandardMaterial {
            base_color: Color::srgb(0.3, 0.05, 0.04),
            perceptual_roughness: 0.4,
            ..default()
        });
        commands.spawn((
            Lens { stick: index, lit: false },
            Mesh3d(parts.lens.clone()),
            MeshMaterial3d(lens),
            Transform::from_translation(stick::LED.middle),
            ChildOf(stick),
        ));
        for ring in 0..RINGS {
            let paint = materials.add(StandardMaterial {
                base_color: wave_colour.with_alpha(0.0),
                alpha_mode: AlphaMode::Blend,
                unlit: true,
                ..default()
            });
            commands.spawn((
                Wave { stick: index, ring },
                Mesh3d(circle.clone()),
                MeshMaterial3d(paint),
                Transform::from_translation(stick::MICROPHONE),
                Visibility::Hidden,
                ChildOf(stick),
            ));
        }
        commands.spawn((
            Furniture,
            Shadow(index),
            Mesh3d(shade.clone()),
            MeshMaterial3d(paints.shade.clone()),
            Transform::default(),
            Visibility::Hidden,
        ));
        if layout.spots.len() > 1 {
            commands.spawn((
                Furniture,
                Chosen(index),
                Mesh3d(circle.clone()),
                MeshMaterial3d(paints.chosen.clone()),
                Transform::default(),
                Visibility::Hidden,
            ));
        }
        let ghost = (Furniture, Ghost(index), Transform::default(), Visibility::Hidden);
        let ghost = commands.spawn(ghost).id();
        for (mesh, at) in [(&parts.shell, Vec3::ZERO), (&parts.button_a, stick::BUTTON_A.middle)] {
            commands.spawn((
                Mesh3d(mesh.clone()),
                MeshMaterial3d(paints.ghost.clone()),
                Transform::from_translation(at),
                ChildOf(ghost),
            ));
        }
        seat::Builder {
            commands: &mut commands,
            meshes: &mut meshes,
            materials: &mut materials,
            paints: &paints,
            ground,
        }
        .seat(spot.seat, spot.at, index, stick);
    }
    seat::Builder {
        commands: &mut commands,
        meshes: &mut meshes,
        materials: &mut materials,
        paints: &paints,
        ground,
    }
    .room(layout);
}

/// The stick's meshes, which all sticks share.
struct Parts {
    shell: Handle<Mesh>,
    glass: Handle<Mesh>,
    white: Handle<Mesh>,
    dark: Handle<Mesh>,
    contacts: Handle<Mesh>,
    button_a: Handle<Mesh>,
    mark: Handle<Mesh>,
    button_b: Handle<Mesh>,
    power: Handle<Mesh>,
    lens: Handle<Mesh>,
}

impl Parts {
    fn new(meshes: &mut Assets<Mesh>) -> Self {
        Self {
            shell: meshes.add(stick::shell()),
            glass: meshes.add(stick::glass()),
            white: meshes.add(stick::white()),
            dark: meshes.add(stick::dark()),
            contacts: meshes.add(stick::contacts()),
            button_a: meshes.add(stick::button_a()),
            mark: meshes.add(stick::mark()),
            button_b: meshes.add(stick::side_button(stick::BUTTON_B)),
            power: meshes.add(stick::side_button(stick::POWER)),
            lens: meshes.add(stick::lens()),
        }
    }

    fn put(&self, commands: &mut Commands, paints: &Paints, index: usize, stick: Entity) {
        for (mesh, paint) in [
            (&self.shell, &paints.shell),
            (&self.glass, &paints.glass),
            (&self.white, &paints.white),
            (&self.dark, &paints.dark),
            (&self.contacts, &paints.brass),
        ] {
            commands.spawn((
                Mesh3d(mesh.clone()),
                MeshMaterial3d(paint.clone()),
                Transform::default(),
                ChildOf(stick),
            ));
        }
        let mut key = |which: usize, of: Block, gives: Vec3, mesh: &Handle<Mesh>, paint: &Handle<_>| {
            commands
                .spawn((
                    Key { stick: index, which, rest: of.middle, gives },
                    Mesh3d(mesh.clone()),
                    MeshMaterial3d::<StandardMaterial>(paint.clone()),
                    Transform::from_translation(of.middle),
                    ChildOf(stick),
                ))
                .id()
        };
        // From above one sees the big one go in only if it goes in far.
        let a = key(0, stick::BUTTON_A, Vec3::NEG_Y * 1.7, &self.button_a, &paints.white);
        key(1, stick::BUTTON_B, Vec3::NEG_X, &self.button_b, &paints.white);
        key(2, stick::POWER, Vec3::X, &self.power, &paints.white);
        commands.spawn((
            Mesh3d(self.mark.clone()),
            MeshMaterial3d(paints.dark.clone()),
            Transform::default(),
            ChildOf(a),
        ));
    }
}

fn screen(
    commands: &mut Commands,
    images: &mut Assets<Image>,
    meshes: &mut Assets<Mesh>,
    materials: &mut Assets<StandardMaterial>,
    index: usize,
    stick: Entity,
) {
    let image = images.add({
        let mut image = picture((LCD[0] * FINER) as u32, (LCD[1] * FINER) as u32);
        image.sampler = ImageSampler::linear();
        image
    });
    let shows = materials.add(StandardMaterial {
        base_color: Color::BLACK,
        base_color_texture: Some(image.clone()),
        unlit: true,
        ..default()
    });
    let size = stick::SCREEN.half * 2.0;
    commands.spawn((
        Screen { stick: index, image, shows: None },
        // A plane's texture has its top at -z: so has the stick.
        Mesh3d(meshes.add(Plane3d::new(Vec3::Y, Vec2::new(size.x, size.z) * 0.5))),
        MeshMaterial3d(shows),
        Transform::from_translation(stick::SCREEN.middle),
        ChildOf(stick),
    ));
}
