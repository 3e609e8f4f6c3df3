//! What exists beyond this crate: boards, applications, faults, devices and events. The caller says, so that somebody
//! else's can be used in a scenario like ours, and a name that means nothing is refused when the file is loaded.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub boards: Vec<KnownBoard>,
    pub apps: Vec<String>,
    pub faults: Vec<KnownFault>,
    pub devices: Vec<KnownDevice>,
    /// Kinds of event that an application may report and an expectation may ask for.
    pub events: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownBoard {
    pub name: String,
    /// Clocks that its CPU can have. Empty: any.
    pub cpu_hz: Vec<u32>,
    /// Where more devices can be attached: "grove".
    pub buses: Vec<String>,
    /// Chips that have an address already.
    pub chips: Vec<KnownChip>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownChip {
    pub name: String,
    pub bus: String,
    pub address: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDevice {
    pub name: String,
    /// Where it sits unless the scenario says otherwise. None: the scenario has to say.
    pub address: Option<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFault {
    pub name: String,
    /// What it can strike. Empty: it takes no target.
    pub targets: Vec<String>,
}

impl Known {
    pub fn board(&self, name: &str) -> Option<&KnownBoard> {
        self.boards.iter().find(|board| board.name == name)
    }
    pub fn fault(&self, name: &str) -> Option<&KnownFault> {
        self.faults.iter().find(|fault| fault.name == name)
    }
    pub fn device(&self, name: &str) -> Option<&KnownDevice> {
        self.devices.iter().find(|device| device.name == name)
    }
}
