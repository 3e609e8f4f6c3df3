//! What a radio hears without joining a network: which access points are around, and how strongly.

use core::fmt::Debug;

/// How long a scan listens on each channel. ESP-IDF's own longest for an active scan (`esp_wifi_set_scan_parameters`,
/// `scan_time.active.max`): beacons come each 102.4 ms, so an access point that does not answer is mostly heard too.
pub const DWELL_MS: u16 = 120;

/// An access point, as one scan heard it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    pub bssid: [u8; 6],
    pub channel: u8,
    pub rssi_dbm: i8,
}

/// Bytes of a [`Seen`] on a tape and in a hash.
pub const SEEN_BYTES: usize = 8;

impl Seen {
    pub fn to_bytes(self) -> [u8; SEEN_BYTES] {
        let [a, b, c, d, e, f] = self.bssid;
        [a, b, c, d, e, f, self.channel, self.rssi_dbm as u8]
    }
    pub fn from_bytes([a, b, c, d, e, f, channel, rssi]: [u8; SEEN_BYTES]) -> Self {
        Self { bssid: [a, b, c, d, e, f], channel, rssi_dbm: rssi as i8 }
    }
}

#[allow(async_fn_in_trait)] // one future, one core: nobody needs these futures to be Send
pub trait Scan {
    type Error: Debug;

    /// Listens on every channel for [`DWELL_MS`] each; puts what it heard into `found`, each access point once, and tells how
    /// many. Of more than there is room for, some are left out.
    async fn scan(&mut self, found: &mut [Seen]) -> Result<usize, Self::Error>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_come_back(bssid: [u8; 6], channel: u8, rssi_dbm: i8) {
            let seen = Seen { bssid, channel, rssi_dbm };
            prop_assert_eq!(Seen::from_bytes(seen.to_bytes()), seen);
        }
    }
}
