//! A calendar date with a time of day, as the clock chip keeps it: 2000 to 2099, no zone, no leap seconds.

/// Public fields, so that it can be written down; [`DateTime::is_valid`] says whether such a moment exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    pub year: u16,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Weekday {
    Sunday = 0,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

/// The chip has two digits for the year and calls every fourth one a leap year: right from 2000 to 2099.
pub const FIRST_YEAR: u16 = 2000;
pub const LAST_YEAR: u16 = 2099;

const DAYS_BEFORE_MONTH: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

impl DateTime {
    pub const fn is_valid(&self) -> bool {
        self.year >= FIRST_YEAR
            && self.year <= LAST_YEAR
            && self.month >= 1
            && self.month <= 12
            && self.day >= 1
            && self.day <= days_in_month(self.year, self.month)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// Of a valid date.
    pub const fn weekday(&self) -> Weekday {
        // 1 January 2000 was a Saturday.
        match (self.days_since_2000() + Weekday::Saturday as u32) % 7 {
            0 => Weekday::Sunday,
            1 => Weekday::Monday,
            2 => Weekday::Tuesday,
            3 => Weekday::Wednesday,
            4 => Weekday::Thursday,
            5 => Weekday::Friday,
            _ => Weekday::Saturday,
        }
    }

    /// Seconds since 2000-01-01 00:00:00. Of a valid date.
    pub const fn seconds_since_2000(&self) -> u32 {
        self.days_since_2000() * 86_400
            + self.hour as u32 * 3_600
            + self.minute as u32 * 60
            + self.second as u32
    }

    const fn days_since_2000(&self) -> u32 {
        let years = (self.year - FIRST_YEAR) as u32;
        let leap_days_before = years.div_ceil(4);
        let leap_day = (self.month > 2 && self.year.is_multiple_of(4)) as u32;
        years * 365
            + leap_days_before
            + DAYS_BEFORE_MONTH[self.month as usize - 1] as u32
            + leap_day
            + self.day as u32
            - 1
    }
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
