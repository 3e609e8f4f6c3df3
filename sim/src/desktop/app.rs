//! The Bevy app around the desk: in a window, or offscreen where there is no display.

use super::controls;
use super::desk::Desk;
use super::scene::{Backdrop, ScenePlugin, picture};
use super::typed;
use bevy::app::ScheduleRunnerPlugin;
use bevy::camera::RenderTarget;
use bevy::camera::visibility::RenderLayers;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::window::{ExitCondition, PresentMode};
use bevy::winit::{WinitPlugin, WinitSettings};
use bevy_egui::{
    EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, EguiTextureHandle,
    PrimaryEguiContext,
};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How the window opens.
pub struct Opening {
    pub desk: Desk,
    pub size: [u32; 2],
    pub scale: f32,
    /// Where to write where the controls are.
    pub controls: Option<PathBuf>,
}

/// Opens the window and stays until it is closed.
pub fn view(opening: Opening) {
    let [width, height] = opening.size;
    let window = Window {
        title: "Nodetwin".into(),
        resolution: (width, height).into(),
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    let plugins = DefaultPlugins.set(quiet()).set(WindowPlugin { primary_window: Some(window), ..default() });
    let mut app = App::new();
    app.add_plugins(plugins);
    app.insert_resource(WinitSettings::continuous());
    if let Some(file) = opening.controls.clone() {
        controls::tell(&mut app, file);
    }
    furnish(&mut app, opening, None);
    app.run();
}

/// An app without a window, whose picture is an image.
pub fn offscreen(opening: Opening) -> App {
    let mut app = App::new();
    let plugins = DefaultPlugins
        .set(quiet())
        // A picture must not depend on how long pipelines take to compile.
        .set(RenderPlugin { synchronous_pipeline_compilation: true, ..default() })
        .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
        .disable::<WinitPlugin>();
    app.add_plugins(plugins);
    app.add_plugins(ScheduleRunnerPlugin::run_loop(Duration::ZERO));
    let [width, height] = opening.size;
    let mut image = picture(width, height);
    image.texture_descriptor.label = Some("offscreen");
    let image = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    furnish(&mut app, opening, Some(image));
    app
}

fn quiet() -> LogPlugin {
    LogPlugin { filter: "error,wgpu=off,naga=off,bevy_winit=off".into(), ..default() }
}

/// What the whole is drawn to, offscreen.
#[derive(Resource)]
pub struct Whole(pub Handle<Image>);

/// How large everything is at first; then it is the person's.
#[derive(Resource)]
struct Scale(Option<f32>);

/// When the frame's own work began.
#[derive(Resource)]
struct Begun(Instant, Instant);

fn furnish(app: &mut App, opening: Opening, target: Option<Handle<Image>>) {
    app.add_plugins(EguiPlugin::default());
    typed::listen(app);
    app.insert_non_send(opening.desk);
    app.insert_resource(Scale(Some(opening.scale)));
    app.insert_resource(Begun(Instant::now(), Instant::now()));
    app.world_mut().resource_mut::<EguiGlobalSettings>().auto_create_primary_context = false;
    let mut camera = app.world_mut().spawn((
        PrimaryEguiContext,
        Camera2d,
        RenderLayers::none(),
        Camera { order: 1, ..default() },
    ));
    if let Some(target) = target {
        camera.insert(RenderTarget::Image(target.clone().into()));
        app.insert_resource(Whole(target));
    }
    app.add_plugins(ScenePlugin);
    app.add_systems(First, begin);
    app.add_systems(EguiPrimaryContextPass, draw);
    app.add_systems(Last, end);
}

fn begin(mut begun: ResMut<Begun>, mut desk: NonSendMut<Desk>) {
    desk.pace.frame_ms = begun.0.elapsed().as_secs_f32() * 1e3;
    *begun = Begun(Instant::now(), begun.1);
}

fn end(begun: Res<Begun>, mut desk: NonSendMut<Desk>) {
    let own_ms = begun.0.elapsed().as_secs_f32() * 1e3;
    desk.pace.own_ms += 0.1 * (own_ms - desk.pace.own_ms);
}

fn draw(
    mut contexts: EguiContexts,
    mut desk: NonSendMut<Desk>,
    backdrop: Option<Res<Backdrop>>,
    mut scale: ResMut<Scale>,
    mut exit: MessageWriter<AppExit>,
) -> Result {
    let scene = backdrop.map(|backdrop| {
        let known = contexts.image_id(&backdrop.0);
        known.unwrap_or_else(|| contexts.add_image(EguiTextureHandle::Strong(backdrop.0.clone())))
    });
    let context = contexts.ctx_mut()?;
    if let Some(scale) = scale.0.take() {
        context.set_zoom_factor(scale);
    }
    let builder =
        egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(context.viewport_rect());
    let mut root = egui::Ui::new(context.clone(), "desk".into(), builder);
    desk.show(&mut root, scene);
    if desk.quits {
        exit.write(AppExit::Success);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use bevy::input::ButtonState;
    use bevy::input::keyboard::{Key, KeyboardInput};
    use bevy::window::FileDragAndDrop;
    use bevy_egui::input::WindowToEguiContextMap;
    use std::sync::Arc;

    fn can_draw() -> bool {
        let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
        folders.iter().any(|folder| std::fs::read_dir(folder).is_ok_and(|mut it| it.next().is_some()))
    }

    /// What the system tells a window comes to the desk: a file, and keys that were all pressed within one frame.
    #[test]
    fn a_file_dropped_opens_and_a_quick_ctrl_q_quits() {
        if !can_draw() {
            eprintln!("SKIPPED: no window is tried, for that needs a Vulkan driver: mesa-vulkan-drivers");
            return;
        }
        let desk = Desk::new(Arc::new(Catalogue::builtin()), true);
        let mut app = offscreen(Opening { desk, size: [320, 200], scale: 1.0, controls: None });
        app.finish();
        app.cleanup();
        app.update();
        let world = app.world_mut();
        let context = world.query_filtered::<Entity, With<PrimaryEguiContext>>().single(world).unwrap();
        let window = world.spawn_empty().id();
        let mut map = world.resource_mut::<WindowToEguiContextMap>();
        map.window_to_contexts.entry(window).or_default().insert(context);
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/probe.toml"));
        world.write_message(FileDragAndDrop::DroppedFile { window, path_buf: path.clone() });
        app.update();
        app.update();
        let desk = app.world().non_send::<Desk>();
        assert_eq!(desk.file.as_ref(), Some(&path));
        assert!(desk.session.is_some() && !desk.quits);

        let (control, q) =
            ((Key::Control, KeyCode::ControlLeft), (Key::Character("q".into()), KeyCode::KeyQ));
        let (down, up) = (ButtonState::Pressed, ButtonState::Released);
        for ((logical_key, key_code), state) in [(&control, down), (&q, down), (&q, up), (&control, up)] {
            app.world_mut().write_message(KeyboardInput {
                key_code: *key_code,
                logical_key: logical_key.clone(),
                state,
                text: None,
                repeat: false,
                window,
            });
        }
        app.update();
        app.update();
        assert!(app.world().non_send::<Desk>().quits);
        assert!(app.should_exit().is_some());
    }
}
