//! How numbers are written for people.

/// `18750` as `18,750`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three digits that matter: `8.21`, `31.6`, `1,935`.
pub fn short(number: f64) -> String {
    let size = number.abs();
    if (1_000.0..1e15).contains(&size) {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}{}", grouped(size.round() as u64))
    } else if size >= 100.0 {
        format!("{number:.0}")
    } else if size >= 10.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

/// A length of time in the unit that suits it: `850 ns`, `2.31 ms`, `12.0 s`.
pub fn span(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{} us", short(ns / 1e3)),
        ns if ns < 1e9 => format!("{} ms", short(ns / 1e6)),
        ns => format!("{} s", short(ns / 1e9)),
    }
}

/// A length of simulated time as people say it: `45 s`, `10 min`, `1 min 30 s`, `12 h`.
pub fn said_time(ns: u64) -> String {
    let whole = ns / 1_000_000_000;
    if whole < 60 {
        let seconds = ns as f64 / 1e9;
        return format!("{} s", (seconds * 100.0).round() / 100.0);
    }
    let parts =
        [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")];
    let said = parts.iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0);
    said.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 { format!("{percent:.2} %") } else { format!("{percent:.1} %") }
}

pub fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{} B", grouped(count)),
        10_000..10_000_000 => format!("{} kB", short(count as f64 / 1e3)),
        _ => format!("{} MB", short(count as f64 / 1e6)),
    }
}

/// `one event`, `3 events`.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(short(8.214), "8.21");
        assert_eq!(short(1935.4), "1,935");
        assert_eq!(span(850.0), "850 ns");
        assert_eq!(span(2_310_000.0), "2.31 ms");
        assert_eq!(said_time(600_000_000_000), "10 min");
        assert_eq!(said_time(90_000_000_000), "1 min 30 s");
        assert_eq!(said_time(43_200_000_000_000), "12 h");
        assert_eq!(said_time(1_500_000_000), "1.5 s");
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!(bytes(25_600), "25.6 kB");
        assert_eq!(counted(1, "event"), "1 event");
    }
}
