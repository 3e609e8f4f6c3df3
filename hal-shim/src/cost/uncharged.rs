//! What computing costs on the chip and is in no figure here: told with each report, so that nobody takes it for free.

/// A cost that no table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncharged {
    pub what: &'static str,
    /// How much it may be, and why it is not charged.
    pub why: &'static str,
}

impl Uncharged {
    pub const ALL: &'static [Self] = &[
        Self {
            what: "misses of the flash's cache",
            why: "kernels are charged as with a warm cache; the first pass of a stage and what does not fit take longer, \
                  by 1.6 us a line of 32 bytes (200 ns a word, an estimate of esp32.com's forum)",
        },
        Self {
            what: "the WiFi stack's share of the CPU",
            why: "the twin has no radio yet; with one connected, its interrupts and tasks take time from the node's",
        },
        Self {
            what: "the second core",
            why: "a node runs on one core; whatever a firmware puts on the other contends for memory and flash",
        },
        Self {
            what: "SPI by polling",
            why: "each transfer is charged as by interrupt and DMA (28 us published); a driver that polls takes 10 us \
                  of a short one",
        },
    ];
}
