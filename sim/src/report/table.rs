//! Text in columns, for a terminal or for a file: the same text, with or without colour, never wider than [`WIDTH`].

/// What every report fits into.
pub const WIDTH: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warning,
}

/// Whether colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    pub fn text(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_string(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Warning => "33",
        };
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(name, align)| (name.to_string(), *align)).collect();
        Self { columns, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Indented by two; the first column gives way if the whole is too wide.
    pub fn print(&self, paint: Paint, out: &mut String) {
        let mut widths: Vec<usize> = self.columns.iter().map(|(name, _)| width(name)).collect();
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(&cell.text));
            }
        }
        let total: usize = 2 + widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if let Some(first) = widths.first_mut() {
            *first = (*first).saturating_sub(total.saturating_sub(WIDTH)).max(8);
        }
        let mut line = String::new();
        let headings = self.columns.iter().any(|(name, _)| !name.is_empty());
        if headings {
            for (index, (name, align)) in self.columns.iter().enumerate() {
                pad(&mut line, name, Tone::Faint, *align, widths[index], paint);
            }
            end(&mut line, out);
        }
        for row in &self.rows {
            for (index, cell) in row.iter().enumerate() {
                let (Some(width), Some((_, align))) = (widths.get(index), self.columns.get(index)) else {
                    break;
                };
                pad(&mut line, &cell.text, cell.tone, *align, *width, paint);
            }
            end(&mut line, out);
        }
    }
}

fn pad(line: &mut String, text: &str, tone: Tone, align: Align, wide: usize, paint: Paint) {
    line.push_str("  ");
    let text = cut(text, wide);
    let space = " ".repeat(wide - width(&text));
    match align {
        Align::Left => {
            line.push_str(&paint.text(tone, &text));
            line.push_str(&space);
        }
        Align::Right => {
            line.push_str(&space);
            line.push_str(&paint.text(tone, &text));
        }
    }
}

fn end(line: &mut String, out: &mut String) {
    out.push_str(line.trim_end());
    out.push('\n');
    line.clear();
}

/// In characters: names and numbers here have one column each.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

/// At most so many characters, with a mark where something is missing.
pub fn cut(text: &str, wide: usize) -> String {
    if width(text) <= wide {
        return text.to_string();
    }
    let mut out: String = text.chars().take(wide.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Items one after the other, broken where the line is full; further lines begin under the first item.
pub fn flowing(lead: &str, items: impl IntoIterator<Item = String>, out: &mut String) {
    const BETWEEN: &str = " · ";
    let indent = width(lead);
    let mut at = indent;
    out.push_str(lead);
    for (index, item) in items.into_iter().enumerate() {
        let item = cut(&item, WIDTH - indent.min(WIDTH / 2));
        let wide = width(&item);
        if index > 0 {
            if at + width(BETWEEN) + wide > WIDTH {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                at = indent;
            } else {
                out.push_str(BETWEEN);
                at += width(BETWEEN);
            }
        }
        out.push_str(&item);
        at += wide;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_first_gives_way() {
        let mut table = Table::new(&[("stage", Align::Left), ("count", Align::Right)]);
        table.row(vec![Cell::new("fft"), Cell::new("1,024")]);
        table.row(vec![Cell::new("x".repeat(200)), Cell::new("7").tone(Tone::Bad)]);
        let mut out = String::new();
        table.print(Paint(false), &mut out);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| width(line) <= WIDTH), "{out}");
        assert!(lines[1].ends_with("  1,024") && lines[2].ends_with("…      7"), "{out}");
    }

    #[test]
    fn colour_adds_nothing_to_the_width_and_can_be_left_out() {
        assert_eq!(Paint(false).text(Tone::Good, "ok"), "ok");
        assert_eq!(Paint(true).text(Tone::Good, "ok"), "\x1b[32mok\x1b[0m");
    }

    #[test]
    fn items_flow_within_the_width() {
        let mut out = String::new();
        flowing("  events  ", (0..40).map(|k| format!("event-{k} {k}")), &mut out);
        assert!(out.lines().count() > 1 && out.lines().all(|line| width(line) <= WIDTH), "{out}");
    }
}
