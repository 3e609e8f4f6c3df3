//! Drawing, as text: no library, no script. Coordinates are CSS pixels.

use std::fmt::Write;

/// All pictures are so wide.
pub const WIDTH: f64 = 1110.0;

pub struct Svg {
    height: f64,
    body: String,
    about: String,
}

impl Svg {
    /// `about` says what it shows to who cannot see it.
    pub fn new(height: f64, about: &str) -> Self {
        Self { height, body: String::new(), about: escaped(about) }
    }

    /// A bar that tells what it is when pointed at.
    pub fn bar(&mut self, class: &str, (x, y): (f64, f64), (wide, high): (f64, f64), says: &str) {
        let title = if says.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(says)) };
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{high:.1}\">{title}</rect>",
            wide.max(0.0)
        );
    }

    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = write!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// `anchor`: start, middle or end.
    pub fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        );
    }

    pub fn finish(self) -> String {
        let Self { height, body, about } = self;
        format!(
            "<svg role=\"img\" aria-label=\"{about}\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\">{body}</svg>\n"
        )
    }
}

/// Text as HTML, in elements and in attributes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Round steps that cut `length` into about `parts`.
pub fn step(length: f64, parts: f64) -> f64 {
    let rough = (length / parts).max(f64::MIN_POSITIVE);
    let decade = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|of| of * decade).find(|step| *step >= rough).unwrap_or(rough)
}

/// Multiples of a round step from 0 to `end`.
pub fn ticks(end: f64, parts: f64) -> impl Iterator<Item = f64> {
    let step = step(end, parts);
    (0..).map(move |index| f64::from(index) * step).take_while(move |at| *at <= end * 1.000_001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_text_and_no_markup() {
        assert_eq!(escaped("a<b> & \"c\"\n"), "a&lt;b&gt; &amp; &quot;c&quot; ");
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(20.0, 5.0).collect::<Vec<_>>(), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(step(0.37, 4.0), 0.1);
    }
}
