//! The IMU's registers in words: as far as its clock was worked off when somebody last asked something of it.

use super::*;
use crate::device::view::RegisterView;

impl Mpu6886 {
    pub(super) fn view(&self) -> Vec<RegisterView> {
        let mut views = self.configuration();
        views.extend(self.interrupts());
        views.extend(self.readings());
        views.extend(self.control());
        views
    }

    fn register(&self, name: &'static str, address: u8) -> RegisterView {
        RegisterView::new(name, address, self.registers[address as usize])
    }

    fn configuration(&self) -> Vec<RegisterView> {
        let divider = self.register("SMPLRT_DIV", SMPLRT_DIV);
        let rate = if self.unfiltered() && self.mode != Mode::Cycle {
            "without effect: the gyroscope's filter is bypassed".into()
        } else {
            format!("sample rate {:.1} Hz", f64::from(BASE_RATE_HZ) / (1.0 + f64::from(divider.value)))
        };
        let config = self.register("CONFIG", CONFIG);
        let dlpf = config.bits(config::DLPF_CFG_MASK) as usize;
        let gyro = self.register("GYRO_CONFIG", GYRO_CONFIG);
        let gyro_range = GyroRange::from_code(gyro.bits(gyro_config::FS_SEL_MASK)).full_scale_dps();
        let accel = self.register("ACCEL_CONFIG", ACCEL_CONFIG);
        let accel_range = self.accel_range().full_scale_g();
        let filter = self.register("ACCEL_CONFIG2", ACCEL_CONFIG2);
        let accel_hz = if filter.value as u8 & accel_config2::ACCEL_FCHOICE_B != 0 {
            ACCEL_UNFILTERED.hz
        } else {
            ACCEL_DLPF[filter.bits(accel_config2::A_DLPF_CFG_MASK) as usize].hz
        };
        let samples = [4, 8, 16, 32][filter.bits(accel_config2::DEC2_CFG_MASK) as usize];
        let mut views = vec![
            divider.whole("SMPLRT_DIV", rate),
            config
                .flag("FIFO_MODE", config::FIFO_MODE_STOP, "full FIFO stops", "full FIFO drops its oldest")
                .field("DLPF_CFG", config::DLPF_CFG_MASK, format!("gyro low-pass {} Hz", GYRO_DLPF[dlpf].hz)),
            gyro.field("FS_SEL", gyro_config::FS_SEL_MASK, format!("gyro range ±{gyro_range} deg/s")),
            accel.field("FS_SEL", accel_config::FS_SEL_MASK, format!("accel range ±{accel_range} g")),
            filter
                .field("A_DLPF_CFG", accel_config2::A_DLPF_CFG_MASK, format!("accel low-pass {accel_hz} Hz"))
                .field(
                    "DEC2_CFG",
                    accel_config2::DEC2_CFG_MASK,
                    format!("averages {samples} in low-power mode"),
                ),
            self.register("LP_MODE_CFG", LP_MODE_CFG).flag(
                "GYRO_CYCLE",
                lp_mode_cfg::GYRO_CYCLE,
                "gyro in low-power mode",
                "gyro in full mode",
            ),
        ];
        for (name, address) in [
            ("ACCEL_WOM_X_THR", ACCEL_WOM_X_THR),
            ("ACCEL_WOM_Y_THR", ACCEL_WOM_Y_THR),
            ("ACCEL_WOM_Z_THR", ACCEL_WOM_Z_THR),
        ] {
            let view = self.register(name, address);
            let threshold = view.value * u32::from(WOM_MG_PER_LSB);
            views.push(view.whole("WOM_THR", format!("wakes on {threshold} mg")));
        }
        views.push(
            self.register("FIFO_EN", FIFO_EN)
                .flag("ACCEL_FIFO_EN", fifo_en::ACCEL_FIFO_EN, "accel goes in", "no accel")
                .flag("GYRO_FIFO_EN", fifo_en::GYRO_FIFO_EN, "gyro goes in", "no gyro"),
        );
        views
    }

    fn interrupts(&self) -> Vec<RegisterView> {
        let events = |view: RegisterView, set: &str, clear: &str| {
            view.flag("WOM_X", interrupt::WOM_X, set, clear)
                .flag("WOM_Y", interrupt::WOM_Y, set, clear)
                .flag("WOM_Z", interrupt::WOM_Z, set, clear)
                .flag("FIFO_OFLOW", interrupt::FIFO_OFLOW, set, clear)
                .flag("DATA_RDY", interrupt::DATA_RDY, set, clear)
        };
        vec![
            self.register("INT_PIN_CFG", INT_PIN_CFG)
                .flag("INT_LEVEL", int_pin_cfg::ACTIVE_LOW, "active low", "active high")
                .flag("INT_OPEN", int_pin_cfg::OPEN_DRAIN, "open drain", "push-pull")
                .flag("LATCH_INT_EN", int_pin_cfg::LATCH, "latched", "50 us pulse"),
            events(self.register("INT_ENABLE", INT_ENABLE), "on", "off"),
            events(RegisterView::new("INT_STATUS", INT_STATUS, self.status), "yes", "no"),
        ]
    }

    /// As the output registers have them: what a burst in progress reads may be older.
    fn readings(&self) -> Vec<RegisterView> {
        let word = |at: usize| i16::from_be_bytes([self.data[at], self.data[at + 1]]);
        let per_g = self.accel_range().lsb_per_g();
        let gyro = self.registers[GYRO_CONFIG as usize] >> gyro_config::FS_SEL_SHIFT;
        let per_dps = GyroRange::from_code(gyro).lsb_per_dps();
        let celsius = f32::from(word(6)) / TEMPERATURE_LSB_PER_C + TEMPERATURE_OFFSET_C;
        let one = |name: &'static str, address: u8, meaning: String| {
            let raw = word((address - ACCEL_XOUT_H) as usize) as u16;
            RegisterView::wide(name, address, raw.into(), 2).whole("OUT", meaning)
        };
        let g = |address: u8| format!("{:+.3} g", f32::from(word((address - ACCEL_XOUT_H) as usize)) / per_g);
        let dps = |address: u8| {
            format!("{:+.1} deg/s", f32::from(word((address - ACCEL_XOUT_H) as usize)) / per_dps)
        };
        vec![
            one("ACCEL_XOUT", ACCEL_XOUT_H, g(ACCEL_XOUT_H)),
            one("ACCEL_YOUT", ACCEL_YOUT_H, g(ACCEL_YOUT_H)),
            one("ACCEL_ZOUT", ACCEL_ZOUT_H, g(ACCEL_ZOUT_H)),
            one("TEMP_OUT", TEMP_OUT_H, format!("die {celsius:.1} °C")),
            one("GYRO_XOUT", GYRO_XOUT_H, dps(GYRO_XOUT_H)),
            one("GYRO_YOUT", GYRO_YOUT_H, dps(GYRO_YOUT_H)),
            one("GYRO_ZOUT", GYRO_ZOUT_H, dps(GYRO_ZOUT_H)),
        ]
    }

    fn control(&self) -> Vec<RegisterView> {
        let standby = |view: RegisterView, mask: u8| match view.bits(mask) {
            0 => "all axes on",
            0b111 => "all axes in standby",
            _ => "some axes in standby",
        };
        let power = self.register("PWR_MGMT_2", PWR_MGMT_2);
        let (accel, gyro) =
            (standby(power.clone(), pwr_mgmt_2::STBY_ACCEL), standby(power.clone(), pwr_mgmt_2::STBY_GYRO));
        let level = self.fifo.len() as u32;
        let record = match self.registers[FIFO_EN as usize] & (fifo_en::ACCEL_FIFO_EN | fifo_en::GYRO_FIFO_EN)
        {
            0 => None,
            both if both.count_ones() == 2 => Some(RECORD_ACCEL_GYRO_BYTES),
            _ => Some(RECORD_ACCEL_BYTES),
        };
        let records = record.map_or(String::new(), |record| format!(", {} records", level as usize / record));
        vec![
            self.register("ACCEL_INTEL_CTRL", ACCEL_INTEL_CTRL)
                .flag("ACCEL_INTEL_EN", accel_intel_ctrl::ACCEL_INTEL_EN, "wake on motion", "off")
                .flag(
                    "ACCEL_INTEL_MODE",
                    accel_intel_ctrl::ACCEL_INTEL_MODE,
                    "against the sample before",
                    "against the first",
                )
                .flag("WOM_TH_MODE", accel_intel_ctrl::WOM_TH_MODE_ALL, "all axes", "any axis"),
            self.register("USER_CTRL", USER_CTRL).flag("FIFO_EN", user_ctrl::FIFO_EN, "FIFO on", "FIFO off"),
            self.register("PWR_MGMT_1", PWR_MGMT_1)
                .flag("SLEEP", pwr_mgmt_1::SLEEP, "asleep", "awake")
                .flag("CYCLE", pwr_mgmt_1::CYCLE, "accel wakes for each sample", "accel runs on")
                .flag("GYRO_STANDBY", pwr_mgmt_1::GYRO_STANDBY, "gyro in standby", "gyro on")
                .flag("TEMP_DIS", pwr_mgmt_1::TEMP_DIS, "thermometer off", "thermometer on"),
            power.field("STBY_A", pwr_mgmt_2::STBY_ACCEL, format!("accel: {accel}")).field(
                "STBY_G",
                pwr_mgmt_2::STBY_GYRO,
                format!("gyro: {gyro}"),
            ),
            RegisterView::wide("FIFO_COUNT", FIFO_COUNTH, level, 2)
                .whole("FIFO_COUNT", format!("{level} of {FIFO_BYTES} bytes{records}")),
            self.register("WHO_AM_I", WHO_AM_I).whole("WHO_AM_I", "MPU6886 is 19"),
        ]
    }
}
