//! Settings of the motion sensor.

use crate::apps::setting::{AppSetting, SCREEN_TIMEOUT, TREES, Takes, model, setting};
use crate::apps::{checked, model, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::motion::{Config, MAX_WINDOW, run_with, trained};
use node_core::board::Board;
use node_core::drivers::mpu6886::{AccelRange, GyroRange};
use scenarios::units::{Accel, AngularRate, Duration, Frequency, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str = "motion sensor: what it is doing, steps, shakes, taps, falls, orientation";

pub static SETTINGS: &[AppSetting] = &[
    model(
        "A trained model in place of the program's own rules; rate, window, hop and ranges are the model's then.",
    ),
    TREES,
    setting(
        "rate",
        Takes::OneOf(&["25Hz", "40Hz", "50Hz", "100Hz", "125Hz", "200Hz", "250Hz"]),
        "100Hz",
        "Samples of the motion sensor a second: 1000 Hz divided by a whole number.",
        "CPU and I2C time in proportion",
    ),
    setting(
        "range",
        Takes::OneOf(&["2g", "4g", "8g", "16g"]),
        "8g",
        "Full scale of the accelerometer: what is beyond is cut off.",
        "wider: coarser steps",
    ),
    setting(
        "gyro_range",
        Takes::OneOf(&["250dps", "500dps", "1000dps", "2000dps"]),
        "2000dps",
        "Full scale of the gyroscope.",
        "wider: coarser steps",
    ),
    setting(
        "window",
        Takes::Between { unit: Duration::UNIT, low: "160ms", high: "5.12s" },
        "1.28s",
        "What is judged at once: 16 to 512 samples, rounded to what the spectrum needs.",
        "longer: RAM and CPU time a window, and later answers",
    ),
    setting(
        "hop",
        Takes::Between { unit: Duration::UNIT, low: "40ms", high: "1.28s" },
        "320ms",
        "From one window to the next, and the deadline of each.",
        "shorter: CPU time in proportion",
    ),
    setting(
        "still_below",
        Takes::Between { unit: Accel::UNIT, low: "1mg", high: "1g" },
        "25mg",
        "Less movement than this is lying still.",
        "nothing",
    ),
    SCREEN_TIMEOUT,
    setting(
        "learn",
        Takes::Flag,
        "false",
        "The buttons teach gestures of one's own, which are kept in flash.",
        "CPU time of the nearest example, writes to flash",
    ),
];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let model = model::take(settings, trained::room)?;
    let usual = match &model {
        Some(model) => Config::default().for_model(model.model).map_err(|unfit| model.refused(unfit))?,
        None => Config::default(),
    };
    if model.is_some() {
        for key in ["window", "hop"] {
            model::refuse_its_own(settings, key)?;
        }
    }
    let spans =
        ["rate", "range", "gyro_range", "window", "hop", "still_below"].map(|key| settings.span_of(key));
    let [rate_at, range_at, gyro_at, window_at, hop_at, still_at] = spans;

    let rate: Frequency = settings.take_or("rate", Frequency { hz: f64::from(usual.rate_hz) })?;
    let cure = "rate = \"100Hz\": 25 to 250 Hz, and the chip makes 1000 Hz divided by a whole number";
    let rate_hz = checked(rate_at, "rate", rate.hz, 25.0..=250.0, cure)?;
    if let Some(model) = &model {
        model.demand(
            rate_hz as u32 == usual.rate_hz,
            rate_at,
            "rate",
            format_args!("{} Hz", usual.rate_hz),
        )?;
    } else if rate_hz.fract() != 0.0 || 1_000 % rate_hz as u32 != 0 {
        return Err(Problem::new(rate_at, format!("the chip has no rate of {rate_hz} Hz"), cure));
    }
    let accel = match settings.take_optional::<Accel>("range")? {
        None => usual.accel,
        Some(range) => one_of(
            range_at,
            "range",
            range.g,
            &[(2.0, AccelRange::G2), (4.0, AccelRange::G4), (8.0, AccelRange::G8), (16.0, AccelRange::G16)],
            "g",
        )?,
    };
    let gyro = match settings.take_optional::<AngularRate>("gyro_range")? {
        None => usual.gyro,
        Some(range) => one_of(
            gyro_at,
            "gyro_range",
            range.dps,
            &[
                (250.0, GyroRange::Dps250),
                (500.0, GyroRange::Dps500),
                (1_000.0, GyroRange::Dps1000),
                (2_000.0, GyroRange::Dps2000),
            ],
            "dps",
        )?,
    };
    if let Some(model) = &model {
        let wide = accel.full_scale_g() >= usual.accel.full_scale_g();
        model.demand(wide, range_at, "range", format_args!("{}g or more", usual.accel.full_scale_g()))?;
        let wide = gyro.full_scale_dps() >= usual.gyro.full_scale_dps();
        model.demand(
            wide,
            gyro_at,
            "gyro_range",
            format_args!("{}dps or more", usual.gyro.full_scale_dps()),
        )?;
    }
    let window = settings.take_or("window", Duration::from_ns(usual.window.as_micros() * 1_000))?;
    let longest = MAX_WINDOW as f64 / rate_hz * 1e3;
    let shortest = 16.0 / rate_hz * 1e3;
    let cure = format!("16 to {MAX_WINDOW} samples: {shortest:.0} to {longest:.0} ms at {rate_hz} Hz");
    if model.is_none() {
        checked(window_at, "window", window.ms(), shortest..=longest, &cure)?;
    }
    let hop = settings.take_or("hop", Duration::from_ns(usual.hop.as_micros() * 1_000))?;
    let cure = format!("four samples to a window: {:.0} to {:.0} ms", 4.0 / rate_hz * 1e3, window.ms());
    if model.is_none() {
        checked(hop_at, "hop", hop.ms(), 4.0 / rate_hz * 1e3..=window.ms(), &cure)?;
    }
    let still: Accel =
        settings.take_or("still_below", Accel { g: f64::from(usual.still_below_mg) / 1_000.0 })?;
    let still =
        checked(still_at, "still_below", still.g, 0.001..=1.0, "still_below = \"25mg\": 1 mg to 1 g")?;
    let config = Config {
        rate_hz: rate_hz as u32,
        accel,
        gyro,
        window: node_duration(window),
        hop: node_duration(hop),
        still_below_mg: (still * 1_000.0).round() as u16,
        screen_timeout: node_duration(
            settings
                .take_or("screen_timeout", Duration::from_ns(usual.screen_timeout.as_micros() * 1_000))?,
        ),
        learn: settings.take_or("learn", usual.learn)?,
        ..usual
    };
    Ok(program(move |board| {
        // A tape begins with the split, before the first poll.
        let (parts, room) = (board.split(), model.clone());
        async move {
            let mut room = room.map(model::Fitting::room);
            let model = room.as_mut().and_then(|room| room.given_to(trained::recogniser));
            run_with(parts, config, model).await
        }
    }))
}

fn one_of<T: Copy>(
    span: scenarios::place::Span,
    key: &str,
    value: f64,
    choices: &[(f64, T)],
    unit: &str,
) -> Result<T, Problem> {
    let near = |choice: &&(f64, T)| (choice.0 - value).abs() < 1e-6 * choice.0;
    choices.iter().find(near).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(choice, _)| format!("\"{choice}{unit}\"")).collect();
        Problem::new(
            span,
            format!("the chip has no {key} of {value}{unit}"),
            format!("one of {}", names.join(", ")),
        )
    })
}
