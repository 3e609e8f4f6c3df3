//! Memory as a person reads it.

use super::Footprint;
use super::chip::{Chip, Region};
use super::image::Image;
use super::measured::{MEASURED, Sections};
use crate::report::numbers::{grouped, percent};
use crate::report::table::{Align, Cell, Paint, Table, Tone, WIDTH};
use crate::report::text::wrapped;
use hal_shim::cost::Grade;
use node_core::boards::Mcu;

/// In units of 1024, as data sheets give memory.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..8_192 => format!("{} B", grouped(bytes)),
        _ => format!("{:.1} KiB", bytes as f64 / 1_024.0),
    }
}

/// One line's worth for a node's report.
pub fn words(footprint: &Footprint) -> Vec<String> {
    let Footprint { chip, state, stack, .. } = footprint;
    let mut words = vec![
        format!("state {}", size(*state)),
        format!("stack {}", size(*stack)),
        format!(
            "{} of the {}'s {} for data ({})",
            percent(footprint.share()),
            chip.name,
            size(chip.data.bytes),
            footprint.grade
        ),
    ];
    if let Some(image) = &footprint.image {
        words.push(format!("image {} flash, {} RAM", size(image.flash()), size(image.ram())));
    }
    words
}

/// What our apps take, on each chip.
pub fn apps(paint: Paint) -> String {
    let mut out = String::new();
    let mut table = Table::new(&[
        ("app", Align::Left),
        ("chip", Align::Left),
        ("state", Align::Right),
        ("stack", Align::Right),
        ("of its data", Align::Right),
        ("image: flash", Align::Right),
        ("RAM", Align::Right),
        ("grade", Align::Left),
    ]);
    let mut sources = Vec::new();
    for mcu in [Mcu::Esp32, Mcu::Esp32C3] {
        for footprint in MEASURED.of(mcu).keys().map(|app| (app, Footprint::of(mcu, app))) {
            let (app, Some(footprint)) = footprint else { continue };
            let image = |of: fn(&Sections) -> u64| {
                Cell::new(footprint.image.as_ref().map_or("-".into(), |image| size(of(image))))
            };
            table.row(vec![
                Cell::new(app.clone()).tone(Tone::Strong),
                Cell::new(footprint.chip.name),
                Cell::new(size(footprint.state)),
                Cell::new(size(footprint.stack)),
                Cell::new(percent(footprint.share())),
                image(Sections::flash),
                image(Sections::ram),
                Cell::new(footprint.grade.to_string()),
            ]);
            let source = format!("{}: {}", footprint.chip.name, footprint.source);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    table.print(paint, &mut out);
    sources.push(format!("measured with {}, commit {}", MEASURED.compiler, MEASURED.commit));
    sources.push(
        "state: the future of `run` and node-core's statics, the same for all settings; stack: the deepest beside it. \
         What drivers and runtime take comes on top: `nodetwin memory ELF` tells of a firmware"
            .into(),
    );
    out.push('\n');
    notes(&sources, paint, &mut out);
    for mcu in [Mcu::Esp32, Mcu::Esp32C3] {
        notes(&[there_is(Chip::of(mcu))], paint, &mut out);
    }
    out
}

/// A firmware against its chip.
pub fn image(name: &str, image: &Image, paint: Paint) -> String {
    let Image { chip, sections, stack } = image;
    let mut out = format!("{}  {}\n\n", paint.text(Tone::Strong, name), chip.name);
    let mut table =
        Table::new(&[("section", Align::Left), ("bytes", Align::Right), ("lies in", Align::Left)]);
    for (what, taken, place) in [
        ("code", sections.text, "flash"),
        ("constants", sections.rodata, "flash"),
        ("code in RAM", sections.iram, "flash and RAM"),
        ("variables with a value", sections.data, "flash and RAM"),
        ("variables of zero", sections.bss, "RAM"),
        ("  of both: state of the app", sections.state, "RAM"),
        ("kept in deep sleep", sections.rtc, "RTC memory"),
    ] {
        if taken > 0 {
            table.row(vec![Cell::new(what), Cell::new(size(taken)), Cell::new(place)]);
        }
    }
    table.print(paint, &mut out);
    out.push('\n');
    let mut table = Table::new(&[
        ("budget", Align::Left),
        ("taken", Align::Right),
        ("there is", Align::Right),
        ("taken", Align::Right),
        ("left", Align::Right),
        ("grade", Align::Left),
    ]);
    for (what, taken, there_is, grade) in budgets(image) {
        let share = taken as f64 / there_is as f64;
        let tone = if taken > there_is { Tone::Bad } else { Tone::Good };
        let left = if taken > there_is { "none".into() } else { size(there_is - taken) };
        table.row(vec![
            Cell::new(what),
            Cell::new(size(taken)),
            Cell::new(size(there_is)),
            Cell::new(percent(share)).tone(tone),
            Cell::new(left),
            Cell::new(grade.to_string()),
        ]);
    }
    table.print(paint, &mut out);
    out.push('\n');
    if let Some(stack) = stack {
        notes(&[format!("stack: the linker left {}", size(*stack))], paint, &mut out);
    }
    notes(&[there_is(chip)], paint, &mut out);
    out
}

/// What of a firmware goes where, and what there is.
pub fn budgets(image: &Image) -> Vec<(String, u64, u64, Grade)> {
    let Image { chip, sections, .. } = image;
    let of = |region: &Region, taken| (region.what.to_string(), taken, region.bytes, region.grade);
    let mut rows = vec![("flash".to_string(), sections.flash(), chip.flash.value, chip.flash.grade)];
    match &chip.code {
        Some(code) => {
            rows.push(of(code, sections.iram));
            rows.push(of(&chip.data, sections.data + sections.bss));
        }
        None => rows.push(of(&chip.data, sections.ram())),
    }
    rows.push(("RTC memory".into(), sections.rtc, chip.rtc.value, chip.rtc.grade));
    rows
}

fn there_is(chip: &Chip) -> String {
    format!(
        "{}: {} of SRAM ({}); {} are for {}; {}",
        chip.name,
        size(chip.sram.value),
        chip.sram.source,
        size(chip.data.bytes),
        chip.data.what,
        chip.taken
    )
}

fn notes(notes: &[String], paint: Paint, out: &mut String) {
    for line in notes.iter().flat_map(|note| wrapped(note, WIDTH - 2)) {
        out.push_str(&format!("  {}\n", paint.text(Tone::Faint, &line)));
    }
}
