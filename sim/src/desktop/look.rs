//! How things look: colours that tell who speaks, three sizes of type, figures with three significant digits.

use egui::epaint::FontColorTransferFunction;
use egui::{Color32, FontFamily, FontId, Stroke, TextStyle, Visuals};

/// The palette of one theme. Orange is the node, blue the world, grey the rest; states are Okabe and Ito's colours, and always
/// come with a word or a mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub dark: bool,
    pub node: Color32,
    pub world: Color32,
    pub quiet: Color32,
    pub text: Color32,
    pub good: Color32,
    pub warning: Color32,
    pub bad: Color32,
    pub ground: Color32,
    pub raised: Color32,
    /// Spans of ground truth, behind plots.
    pub span: Color32,
    /// X, Y and Z, told apart by everybody.
    pub axes: [Color32; 3],
}

impl Look {
    pub const DARK: Self = Self {
        dark: true,
        node: Color32::from_rgb(0xF5, 0x82, 0x3B),
        world: Color32::from_rgb(0x56, 0xB4, 0xE9),
        quiet: Color32::from_rgb(0x9A, 0xA3, 0xAD),
        text: Color32::from_rgb(0xE6, 0xE9, 0xEC),
        good: Color32::from_rgb(0x2F, 0xC0, 0x95),
        warning: Color32::from_rgb(0xE6, 0x9F, 0x00),
        bad: Color32::from_rgb(0xF0, 0x7A, 0x3C),
        ground: Color32::from_rgb(0x16, 0x19, 0x1D),
        raised: Color32::from_rgb(0x1F, 0x24, 0x2A),
        span: Color32::from_rgba_premultiplied(0x0D, 0x1C, 0x25, 0x30),
        axes: [
            Color32::from_rgb(0xF5, 0x82, 0x3B),
            Color32::from_rgb(0x2F, 0xC0, 0x95),
            Color32::from_rgb(0xCC, 0x79, 0xA7),
        ],
    };
    pub const LIGHT: Self = Self {
        dark: false,
        node: Color32::from_rgb(0xC4, 0x4E, 0x0A),
        world: Color32::from_rgb(0x00, 0x6C, 0xA8),
        quiet: Color32::from_rgb(0x5B, 0x64, 0x6E),
        text: Color32::from_rgb(0x1B, 0x1F, 0x24),
        good: Color32::from_rgb(0x00, 0x7A, 0x59),
        warning: Color32::from_rgb(0x9A, 0x63, 0x00),
        bad: Color32::from_rgb(0xB8, 0x3F, 0x00),
        ground: Color32::from_rgb(0xEE, 0xF0, 0xF2),
        raised: Color32::from_rgb(0xFF, 0xFF, 0xFF),
        span: Color32::from_rgba_premultiplied(0x00, 0x5A, 0x84, 0x40),
        axes: [
            Color32::from_rgb(0xC4, 0x4E, 0x0A),
            Color32::from_rgb(0x00, 0x7A, 0x59),
            Color32::from_rgb(0x9B, 0x3F, 0x74),
        ],
    };

    pub fn of(dark: bool) -> Self {
        if dark { Self::DARK } else { Self::LIGHT }
    }

    /// Dresses all of egui in it.
    pub fn apply(&self, context: &egui::Context) {
        context.set_theme(if self.dark { egui::Theme::Dark } else { egui::Theme::Light });
        let mut visuals = if self.dark { Visuals::dark() } else { Visuals::light() };
        visuals.override_text_color = Some(self.text);
        // The renderer blends light, not its code values: that makes dark text on light thin and light text on dark bold.
        // On light, egui's cure for the other theme is just right; on dark, little of it is enough.
        visuals.text_options.color_transfer_function = match self.dark {
            true => FontColorTransferFunction::Gamma(0.75),
            false => FontColorTransferFunction::TwoCoverageMinusCoverageSq,
        };
        visuals.panel_fill = self.ground;
        visuals.window_fill = self.raised;
        // Faint is enough for what cannot be done now; on a light ground half would be too faint.
        visuals.disabled_alpha = if self.dark { 0.5 } else { 0.7 };
        visuals.extreme_bg_color =
            if self.dark { Color32::from_rgb(0x10, 0x12, 0x15) } else { Color32::WHITE };
        visuals.selection.bg_fill =
            if self.dark { self.node.gamma_multiply(0.55) } else { Color32::from_rgb(0xF4, 0xC0, 0x9A) };
        visuals.selection.stroke = Stroke::new(1.0, self.text);
        visuals.hyperlink_color = self.world;
        // Hints in empty fields: egui's own are too pale on a light ground.
        visuals.weak_text_color = Some(self.quiet);
        visuals.warn_fg_color = self.warning;
        visuals.error_fg_color = self.bad;
        context.set_visuals(visuals);
        context.global_style_mut(|style| {
            let size = |size, family| FontId::new(size, family);
            style.text_styles = [
                (TextStyle::Small, size(11.0, FontFamily::Proportional)),
                (TextStyle::Body, size(13.0, FontFamily::Proportional)),
                (TextStyle::Button, size(13.0, FontFamily::Proportional)),
                (TextStyle::Monospace, size(12.5, FontFamily::Monospace)),
                (TextStyle::Heading, size(16.0, FontFamily::Proportional)),
            ]
            .into();
            style.spacing.item_spacing = egui::vec2(6.0, 4.0);
            // One sees that there is more, without having to point at it.
            style.spacing.scroll = egui::style::ScrollStyle::thin();
        });
    }
}

/// Three significant digits, and no exponent: `0.0123`, `1.23`, `12.3`, `123`, `12300`.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    if digits >= 0 {
        format!("{value:.*}", digits.min(9) as usize)
    } else {
        let step = 10f64.powi(-digits);
        format!("{:.0}", (value / step).round() * step)
    }
}

/// A figure along a scale: as many digits behind the point as its steps have, so that all of them are alike.
pub fn mark(value: f64, step: f64) -> String {
    let digits = (-step.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    // Nought has no sign.
    let value = if value.abs() < 1e-6 * step.abs() { 0.0 } else { value };
    format!("{value:.digits$}")
}

/// With the unit that keeps it short: ns, us, ms, s.
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns.abs() {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns * 1e-3, "us"),
        ns if ns < 1e9 => (ns * 1e-6, "ms"),
        ns => (ns * 1e-9, "s"),
    };
    format!("{} {unit}", figure(value * ns.signum() * value.signum()))
}

/// Minutes, seconds and thousandths, with hours where there are any; always as wide.
pub fn clock(ns: u64) -> String {
    let ms = ns / 1_000_000;
    let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    if h > 0 { format!("{h}:{m:02}:{s:02}.{ms:03}") } else { format!("{m:02}:{s:02}.{ms:03}") }
}

pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { "-".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_significant_digits() {
        let shown: Vec<String> = [0.0, 0.012345, 1.0, 12.34, 123.4, 12_345.0, -0.5].map(figure).into();
        assert_eq!(shown, ["0", "0.0123", "1.00", "12.3", "123", "12300", "-0.500"]);
    }

    #[test]
    fn figures_along_a_scale_are_alike() {
        assert_eq!([-0.5, 0.0, 0.5, 1.0].map(|value| mark(value, 0.5)), ["-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!([0.0, 2_000.0].map(|value| mark(value, 2_000.0)), ["0", "2000"]);
        assert_eq!(mark(-1e-19, 0.02), "0.00");
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(duration(1_500.0), "1.50 us");
        assert_eq!(duration(31_998_000.0), "32.0 ms");
        assert_eq!(duration(-2_000.0), "-2.00 us");
        assert_eq!(clock(134_012_000_000), "02:14.012");
        assert_eq!(clock(3_600_000_000_000), "1:00:00.000");
        assert_eq!(percent(0.3125), "31.2 %");
    }
}
