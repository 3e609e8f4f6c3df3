//! The radio: listens for access points when the node asks, and joins the network of the settings and keeps its address. No
//! node speaks over a network yet.
//!
//! Both use the one controller, a call at a time: while the station tries to connect, a scan waits.

use crate::log;
use crate::settings::Settings;
use embassy_executor::Spawner;
use embassy_net::{Config, Runner, StackResources};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_time::Timer;
use esp_hal::peripherals::WIFI;
use esp_hal::rng::Rng;
use esp_hal::time::Duration;
use esp_radio::wifi::scan::{ScanConfig, ScanTypeConfig};
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config as WifiConfig, Interface, Ssid, WifiController, WifiError,
};
use node_core::radio::{DWELL_MS, Scan, Seen};
use static_cell::StaticCell;

/// The radio's own memory, and the only heap in the firmware.
const HEAP_BYTES: usize = 72 * 1024;
/// TCP or UDP sockets, and one each for DHCP and DNS.
const SOCKETS: usize = 4;

pub fn start(spawner: Spawner, radio: WIFI<'static>, settings: &Settings<'_>) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let Ok(controller) = WifiController::new(radio, Default::default()) else {
        return log::note("wifi: the radio did not start");
    };
    match CONTROLLER.try_lock() {
        Ok(mut slot) => *slot = Some(controller),
        // Nobody else runs yet.
        Err(_) => return log::note("wifi: the radio is taken"),
    }
    let Some(network) = settings.ssid else {
        return log::note("wifi: no network in the settings");
    };
    let Some(station) = station(network, settings.password) else {
        return log::note("wifi: no network can be called so, or have such a password");
    };
    let random = Rng::new();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let (stack, runner) = embassy_net::new(
        Interface::station(),
        Config::dhcpv4(Default::default()),
        RESOURCES.init(StackResources::new()),
        seed,
    );
    spawner.spawn(carry(runner).unwrap());
    spawner.spawn(join(station, stack).unwrap());
    spawner.spawn(tell(stack).unwrap());
}

static CONTROLLER: Mutex<CriticalSectionRawMutex, Option<WifiController<'static>>> = Mutex::new(None);

/// The node's way to the radio's scans.
pub struct Scanner;

#[derive(Debug)]
pub enum ScanError {
    /// The radio did not start.
    Off,
    Radio(#[allow(dead_code)] WifiError), // told by its Debug
}

impl Scan for Scanner {
    type Error = ScanError;

    async fn scan(&mut self, found: &mut [Seen]) -> Result<usize, ScanError> {
        let mut controller = CONTROLLER.lock().await;
        let controller = controller.as_mut().ok_or(ScanError::Off)?;
        let dwell = Duration::from_millis(DWELL_MS.into());
        let config = ScanConfig::default()
            .with_scan_type(ScanTypeConfig::Active { min: dwell, max: dwell })
            .with_show_hidden(true)
            .with_max(found.len());
        let heard = controller.scan_async(&config).await.map_err(ScanError::Radio)?;
        let mut count = 0;
        for (slot, point) in found.iter_mut().zip(&heard) {
            *slot = Seen { bssid: point.bssid, channel: point.channel, rssi_dbm: point.signal_strength };
            count += 1;
        }
        Ok(count)
    }
}

/// Without a password the network is open.
fn station(ssid: &str, password: Option<&str>) -> Option<StationConfig> {
    let authentication = match password {
        Some(password) => AuthenticationMethodConfig::WpaWpa2Personal(password.try_into().ok()?),
        None => AuthenticationMethodConfig::Open,
    };
    Some(StationConfig::default().with_ssid(Ssid::try_from(ssid).ok()?).with_authentication(authentication))
}

#[embassy_executor::task]
async fn carry(mut runner: Runner<'static, Interface>) {
    runner.run().await
}

#[embassy_executor::task]
async fn tell(stack: embassy_net::Stack<'static>) {
    loop {
        stack.wait_config_up().await;
        log::note("wifi: has an address");
        stack.wait_config_down().await;
        log::note("wifi: has no address any more");
    }
}

#[embassy_executor::task]
async fn join(station: StationConfig, stack: embassy_net::Stack<'static>) {
    const LOOK_EVERY_S: u64 = 5;
    let mut configured = false;
    let mut joined = false;
    loop {
        {
            let mut controller = CONTROLLER.lock().await;
            let Some(controller) = controller.as_mut() else { return };
            if !configured {
                if controller.set_config(&WifiConfig::Station(station.clone())).is_err() {
                    return log::note("wifi: the radio refuses the settings");
                }
                configured = true;
            }
            let still = joined && stack.is_link_up();
            if joined && !still {
                log::note("wifi: disconnected");
            }
            joined = still || controller.connect_async().await.is_ok();
            if !still {
                log::note(if joined { "wifi: connected" } else { "wifi: no connection; trying again" });
            }
        }
        // The controller is free for scans until the next look.
        Timer::after_secs(LOOK_EVERY_S).await;
    }
}
