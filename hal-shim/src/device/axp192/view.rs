//! The power chip's registers in words, as a program would read them now.

use super::*;
use crate::device::view::RegisterView;

impl Axp192 {
    pub(super) fn view(&self, at: TrueTime, supply: &Supply) -> Vec<RegisterView> {
        // A copy does what the chip would do if it were asked.
        let mut now = self.clone();
        now.settle(at, supply);
        let (mut supply, mut unmodelled) = (supply.clone(), Vec::new());
        let mut around = Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
        let mut byte = |address: u8| now.read_register(address, &mut around);
        let mut views = vec![
            RegisterView::new("POWER_STATUS", POWER_STATUS, byte(POWER_STATUS))
                .flag("VBUS", power_status::VBUS_PRESENT, "USB is there", "no USB")
                .flag("CHARGING", power_status::CHARGING, "current flows in", "no current flows in"),
            RegisterView::new("CHARGE_STATUS", CHARGE_STATUS, byte(CHARGE_STATUS))
                .flag("BATTERY", charge_status::BATTERY_PRESENT, "battery is there", "no battery")
                .flag("CHARGING", charge_status::CHARGING, "charges", "does not charge"),
        ];
        for (first, bytes) in [(0, 4), (4, STORAGE_BYTES as u8 - 4)] {
            let value =
                (first..first + bytes).fold(0, |value, at| value << 8 | u32::from(byte(STORAGE + at)));
            views.push(
                RegisterView::wide("STORAGE", STORAGE + first, value, bytes)
                    .whole("STORAGE", "kept while there is power"),
            );
        }
        views.push(outputs_view(byte(OUTPUTS)));
        views.extend(voltages(&mut byte));
        views.extend(charging(&mut byte));
        views.extend(requests(&mut byte));
        views.extend(conversions(&mut byte));
        views.sort_by_key(|view| view.address);
        views
    }
}

fn outputs_view(value: u8) -> RegisterView {
    let outputs = [
        ("EXTEN", outputs::EXTEN),
        ("DCDC2", outputs::DCDC2),
        ("LDO3", outputs::LDO3),
        ("LDO2", outputs::LDO2),
        ("DCDC3", outputs::DCDC3),
        ("DCDC1", outputs::DCDC1),
    ];
    let view = RegisterView::new("OUTPUTS", OUTPUTS, value);
    outputs.into_iter().fold(view, |view, (name, mask)| view.flag(name, mask, "on", "off"))
}

fn volts(millivolts: u16) -> String {
    format!("{:.2} V", f64::from(millivolts) / 1e3)
}

fn voltages(byte: &mut impl FnMut(u8) -> u8) -> Vec<RegisterView> {
    let dcdc = |code: u8| volts(DCDC_BASE_MV + DCDC_STEP_MV * u16::from(code & 0x7F));
    let ldo = |code: u8| volts(LDO_BASE_MV + LDO_STEP_MV * u16::from(code));
    let mut views = Vec::new();
    for (name, address) in
        [("DCDC2_VOLTAGE", DCDC2_VOLTAGE), ("DCDC1_VOLTAGE", DCDC1_VOLTAGE), ("DCDC3_VOLTAGE", DCDC3_VOLTAGE)]
    {
        let value = byte(address);
        // DCDC2 has six bits.
        let code = if address == DCDC2_VOLTAGE { value & 0x3F } else { value };
        views.push(RegisterView::new(name, address, value).whole("VOLTAGE", dcdc(code)));
    }
    let pair = byte(LDO23_VOLTAGE);
    views.push(
        RegisterView::new("LDO23_VOLTAGE", LDO23_VOLTAGE, pair)
            .field("LDO2", 0xF0, format!("LDO2 {}", ldo(pair >> 4)))
            .field("LDO3", 0x0F, format!("LDO3 {}", ldo(pair & 0x0F))),
    );
    let function = byte(GPIO0_FUNCTION);
    let meaning = match function & gpio0_function::MASK {
        gpio0_function::OPEN_DRAIN => "open drain",
        gpio0_function::INPUT => "input",
        gpio0_function::LDO => "regulator LDOIO0",
        gpio0_function::ADC => "ADC",
        gpio0_function::LOW => "low",
        _ => "floating",
    };
    views.push(RegisterView::new("GPIO0_FUNCTION", GPIO0_FUNCTION, function).field(
        "GPIO0",
        gpio0_function::MASK,
        meaning,
    ));
    let regulator = byte(LDOIO0_VOLTAGE);
    views.push(RegisterView::new("LDOIO0_VOLTAGE", LDOIO0_VOLTAGE, regulator).field(
        "LDOIO0",
        0xF0,
        ldo(regulator >> ldoio0_voltage::SHIFT),
    ));
    views
}

fn charging(byte: &mut impl FnMut(u8) -> u8) -> Vec<RegisterView> {
    let path = byte(VBUS_PATH);
    let off = byte(VOFF);
    let level = voff::BASE_MV + voff::STEP_MV * u16::from(off & voff::LEVEL_MASK);
    let charge = byte(CHARGE_1);
    let target = charge_1::TARGET_MV[((charge & charge_1::TARGET_MASK) >> charge_1::TARGET_SHIFT) as usize];
    let current = charge_1::CURRENT_MA[(charge & charge_1::CURRENT_MASK) as usize];
    vec![
        RegisterView::new("VBUS_PATH", VBUS_PATH, path).flag(
            "VHOLD",
            vbus_path::NO_HOLD,
            "no limit by voltage",
            "limited by voltage",
        ),
        RegisterView::new("VOFF", VOFF, off)
            .flag("WAKE", voff::WAKE_BY_KEY, "the key wakes outputs", "the key wakes nothing")
            .field("VOFF", voff::LEVEL_MASK, format!("off below {}", volts(level))),
        RegisterView::new("POWER_OFF", POWER_OFF, byte(POWER_OFF)).flag(
            "OFF",
            power_off::OFF,
            "switches off",
            "stays on",
        ),
        RegisterView::new("CHARGE_1", CHARGE_1, charge)
            .flag("ENABLE", charge_1::ENABLE, "charging allowed", "charging off")
            .field("TARGET", charge_1::TARGET_MASK, format!("to {}", volts(target)))
            .field("CURRENT", charge_1::CURRENT_MASK, format!("with {current} mA")),
    ]
}

fn requests(byte: &mut impl FnMut(u8) -> u8) -> Vec<RegisterView> {
    let key = byte(POWER_KEY);
    let part = |shift: u8| usize::from(key >> shift & 3);
    let off = if key & 1 << 3 == 0 { "never".into() } else { format!("after {} s", [4, 6, 8, 10][part(0)]) };
    let status = byte(IRQ_STATUS_3);
    let enable = byte(IRQ_ENABLE_3);
    vec![
        RegisterView::new("POWER_KEY", POWER_KEY, key)
            .field("ON", 0xC0, format!("on after {} ms", [128, 512, 1_000, 2_000][part(6)]))
            .field("LONG", 0x30, format!("long after {} ms", [1_000, 1_500, 2_000, 2_500][part(4)]))
            .field("OFF", 0x0B, format!("off {off}")),
        RegisterView::new("IRQ_ENABLE_3", IRQ_ENABLE_3, enable)
            .flag("KEY_SHORT", irq_3::KEY_SHORT, "on", "off")
            .flag("KEY_LONG", irq_3::KEY_LONG, "on", "off"),
        RegisterView::new("IRQ_STATUS_3", IRQ_STATUS_3, status)
            .flag("KEY_SHORT", irq_3::KEY_SHORT, "key was pressed", "no press")
            .flag("KEY_LONG", irq_3::KEY_LONG, "key was held", "not held"),
    ]
}

fn conversions(byte: &mut impl FnMut(u8) -> u8) -> Vec<RegisterView> {
    let enable = byte(ADC_ENABLE_1);
    let rate = byte(ADC_RATE);
    let hz = BASE_HZ << (rate >> adc_rate::RATE_SHIFT);
    // The high eight bits, then so many low ones.
    let mut count = |address: u8, low: u32| {
        u32::from(byte(address)) << low | u32::from(byte(address + 1)) & ((1 << low) - 1)
    };
    let battery = count(BATTERY_VOLTAGE, 4);
    let charge = count(CHARGE_CURRENT, 5);
    let discharge = count(DISCHARGE_CURRENT, 5);
    let vbus = count(VBUS_VOLTAGE, 4);
    let aps = count(APS_VOLTAGE, 4);
    let temperature = count(TEMPERATURE, 4);
    let mv = |count: u32, uv: u32| format!("{} mV", count * uv / 1_000);
    let ma = |count: u32| format!("{:.1} mA", f64::from(count) * f64::from(BATTERY_CURRENT_UA_PER_LSB) / 1e3);
    let deci = temperature as f64 + f64::from(TEMPERATURE_OFFSET_DECI_C);
    let one = |name: &'static str, address: u8, count: u32, meaning: String| {
        RegisterView::wide(name, address, count, 2).whole("ADC", meaning)
    };
    let mut charge_of = |name: &'static str, address: u8| {
        let value = u32::from_be_bytes([0, 1, 2, 3].map(|index| byte(address + index)));
        let mah = value as f64 * COULOMB_UA_PER_COUNT as f64 * 1e-3 / 3_600.0 / f64::from(hz);
        RegisterView::wide(name, address, value, 4).whole("CHARGE", format!("{mah:.2} mAh"))
    };
    let counters = [charge_of("COULOMB_IN", COULOMB_IN), charge_of("COULOMB_OUT", COULOMB_OUT)];
    let control = RegisterView::new("COULOMB_CONTROL", COULOMB_CONTROL, byte(COULOMB_CONTROL))
        .flag("ENABLE", coulomb_control::ENABLE, "counts charge", "does not count")
        .flag("SUSPEND", coulomb_control::SUSPEND, "suspended", "not suspended");
    let mut views = vec![
        RegisterView::new("ADC_ENABLE_1", ADC_ENABLE_1, enable)
            .flag("BATTERY_VOLTAGE", adc_enable_1::BATTERY_VOLTAGE, "measured", "not measured")
            .flag("BATTERY_CURRENT", adc_enable_1::BATTERY_CURRENT, "measured", "not measured")
            .flag("VBUS_VOLTAGE", adc_enable_1::VBUS_VOLTAGE, "measured", "not measured")
            .flag("APS_VOLTAGE", adc_enable_1::APS_VOLTAGE, "measured", "not measured"),
        RegisterView::new("ADC_RATE", ADC_RATE, rate).field(
            "RATE",
            0xC0,
            format!("{hz} conversions a second"),
        ),
        one(
            "BATTERY_VOLTAGE",
            BATTERY_VOLTAGE,
            battery,
            format!("battery {}", mv(battery, BATTERY_UV_PER_LSB)),
        ),
        one("CHARGE_CURRENT", CHARGE_CURRENT, charge, format!("in {}", ma(charge))),
        one("DISCHARGE_CURRENT", DISCHARGE_CURRENT, discharge, format!("out {}", ma(discharge))),
        one("VBUS_VOLTAGE", VBUS_VOLTAGE, vbus, format!("USB {}", mv(vbus, VBUS_UV_PER_LSB))),
        one("APS_VOLTAGE", APS_VOLTAGE, aps, format!("supply {}", mv(aps, APS_UV_PER_LSB))),
        one("TEMPERATURE", TEMPERATURE, temperature, format!("die {:.1} °C", deci / 10.0)),
    ];
    views.extend(counters);
    views.push(control);
    views
}
