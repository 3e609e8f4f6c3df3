//! Settings of one device: text in a partition of its own, `key = value` a line, `#` begins a comment line.
//!
//! ```text
//! name = kitchen
//! wifi.ssid = my network
//! wifi.password = its password
//! ```
//!
//! All are optional. Pure: no flash, no chip; `checks/settings` runs its tests on the host.

/// Name and network, borrowed from the partition's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings<'a> {
    pub name: Option<&'a str>,
    pub ssid: Option<&'a str>,
    pub password: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NotText,
    /// No `=`.
    NoValue {
        line: usize,
    },
    UnknownKey {
        line: usize,
    },
    /// Longer than a node's name (32 bytes), an SSID (32) or a password (64) can be.
    TooLong {
        line: usize,
    },
}

/// Reads up to the first byte that no text has: erased flash is 0xFF, padding 0. No text is no settings.
pub fn parse(partition: &[u8]) -> Result<Settings<'_>, Error> {
    let end = partition.iter().position(|byte| matches!(byte, 0 | 0xFF)).unwrap_or(partition.len());
    let text = core::str::from_utf8(&partition[..end]).map_err(|_| Error::NotText)?;
    let mut settings = Settings::default();
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let (key, value) = content.split_once('=').ok_or(Error::NoValue { line })?;
        let (key, value) = (key.trim(), value.trim());
        let (setting, longest) = match key {
            "name" => (&mut settings.name, 32),
            "wifi.ssid" => (&mut settings.ssid, 32),
            "wifi.password" => (&mut settings.password, 64),
            _ => return Err(Error::UnknownKey { line }),
        };
        if value.len() > longest {
            return Err(Error::TooLong { line });
        }
        *setting = (!value.is_empty()).then_some(value);
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_an_empty_and_a_missing_text_are_no_settings() {
        for partition in [&[0xFF; 64][..], &[0; 64], b"", b"\n  \r\n# nothing\n\xFF\xFF"] {
            assert_eq!(parse(partition), Ok(Settings::default()));
        }
    }

    #[test]
    fn values_keep_their_inner_spaces_and_signs() {
        let settings =
            parse(b"# mine\r\nname=kitchen\r\n wifi.ssid = my net \nwifi.password = a=b # c\n\xFF\xFF")
                .unwrap();
        let expected = Settings { name: Some("kitchen"), ssid: Some("my net"), password: Some("a=b # c") };
        assert_eq!(settings, expected);
        assert_eq!(parse(b"wifi.password =\n").unwrap().password, None);
    }

    #[test]
    fn the_example_is_right() {
        let settings = parse(include_bytes!("../settings.example")).unwrap();
        assert_eq!(settings.name, Some("kitchen"));
        assert!(settings.ssid.is_some() && settings.password.is_some());
    }

    #[test]
    fn mistakes_say_their_line() {
        assert_eq!(parse(b"name = a\nssid\n"), Err(Error::NoValue { line: 2 }));
        assert_eq!(parse(b"\n\nssid = x"), Err(Error::UnknownKey { line: 3 }));
        let long = [&b"name = "[..], &[b'x'; 33]].concat();
        assert_eq!(parse(&long), Err(Error::TooLong { line: 1 }));
        assert_eq!(parse(b"name = \xC3\x28"), Err(Error::NotText));
    }

    /// Whatever lies in the partition, the node starts.
    #[test]
    fn no_bytes_panic() {
        const LIKELY: &[u8] = b"name=wifi.sdpor#\n \r\xFF\x00\xC3x";
        let mut state = 1u32;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..48)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    LIKELY[(state >> 24) as usize % LIKELY.len()]
                })
                .collect();
            parse(&bytes).ok();
        }
    }
}
