//! The radio: joins the network of the settings and keeps its address. No node speaks over it yet.

use crate::log;
use crate::settings::Settings;
use embassy_executor::Spawner;
use embassy_net::{Config, Runner, StackResources};
use embassy_time::Timer;
use esp_hal::peripherals::WIFI;
use esp_hal::rng::Rng;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config as WifiConfig, Interface, Ssid, WifiController};
use static_cell::StaticCell;

/// The radio's own memory, and the only heap in the firmware.
const HEAP_BYTES: usize = 72 * 1024;
/// TCP or UDP sockets, and one each for DHCP and DNS.
const SOCKETS: usize = 4;

pub fn start(spawner: Spawner, radio: WIFI<'static>, settings: &Settings<'_>) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let Some(network) = settings.ssid else {
        return log::note("wifi: no network in the settings");
    };
    let Some(station) = station(network, settings.password) else {
        return log::note("wifi: no network can be called so, or have such a password");
    };
    esp_alloc::heap_allocator!(size: HEAP_BYTES);
    let Ok(controller) = WifiController::new(radio, Default::default()) else {
        return log::note("wifi: the radio did not start");
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
    spawner.spawn(join(controller, station).unwrap());
    spawner.spawn(tell(stack).unwrap());
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
async fn join(mut controller: WifiController<'static>, station: StationConfig) {
    const AGAIN_AFTER_S: u64 = 5;
    if controller.set_config(&WifiConfig::Station(station)).is_err() {
        return log::note("wifi: the radio refuses the settings");
    }
    loop {
        match controller.connect_async().await {
            Ok(_) => {
                log::note("wifi: connected");
                controller.wait_for_disconnect_async().await.ok();
                log::note("wifi: disconnected");
            }
            Err(_) => {
                log::note("wifi: no connection; trying again");
                Timer::after_secs(AGAIN_AFTER_S).await;
            }
        }
    }
}
