//! The controller's configuration for a running lab: a TOML file, the password and the lab's CA beside it.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use super::topology::{PASSWORD, USER};

/// How fast the controller may withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the product is delivered.
    Guarded,
    /// Without a bound.
    Unlimited,
}

/// What goes into the configuration besides the devices.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The controller's hold-down.
    pub hold_down: Duration,
    /// The controller's pace.
    pub pace: Pace,
    /// Where it serves `/metrics`.
    pub metrics: SocketAddr,
}

/// Where the devices are: names and URLs.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    /// The vCenters.
    pub vcenters: Vec<(String, String)>,
    /// The switches.
    pub switches: Vec<(String, String)>,
    /// The certificate of the authority that all of them are trusted by, in PEM.
    pub ca_pem: String,
}

/// The files of one run.
#[derive(Clone, Debug)]
pub struct Files {
    /// The directory they are in.
    pub dir: PathBuf,
    /// The configuration.
    pub config: PathBuf,
    /// The controller's control socket.
    pub control: PathBuf,
    /// What the controller logs.
    pub log: PathBuf,
}

impl Files {
    /// The files in `dir`; the configuration at `config`, or there as well.
    pub fn new(dir: &Path, config: Option<&Path>) -> Self {
        Self {
            dir: dir.to_owned(),
            config: config.map_or_else(|| dir.join("vmtracker.toml"), Path::to_owned),
            control: dir.join("control.sock"),
            log: dir.join("controller.log"),
        }
    }

    /// Writes the configuration, the password and the CA.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, devices: &Devices, terms: &Terms) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let mut password = fs::OpenOptions::new();
        password.write(true).create(true).truncate(true).mode(0o600);
        password.open(self.password())?.write_all(PASSWORD.as_bytes())?;
        fs::write(self.ca(), &devices.ca_pem)?;
        fs::write(&self.config, self.text(devices, terms)?)
    }

    fn password(&self) -> PathBuf {
        self.dir.join("password")
    }

    fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    fn text(&self, devices: &Devices, terms: &Terms) -> io::Result<String> {
        let device = |(name, url): &(String, String)| Device {
            name: name.clone(),
            url: url.clone(),
            username: USER,
            password_file: self.password(),
            ca_file: self.ca(),
        };
        let config = Config {
            fabric: Fabric {
                mode: "enforce",
                allowed_vlans: "2-3967",
                hold_down: duration(terms.hold_down),
                pace: match terms.pace {
                    Pace::Guarded => "guarded",
                    Pace::Unlimited => "unlimited",
                },
            },
            service: Service {
                store: self.dir.join("vmtracker.db"),
                control: self.control.clone(),
                metrics: terms.metrics,
                log: "info",
            },
            vcenter: devices.vcenters.iter().map(device).collect(),
            switch: devices.switches.iter().map(device).collect(),
        };
        toml::to_string(&config).map_err(io::Error::other)
    }
}

/// As the configuration writes it: whole seconds where it can, else milliseconds.
fn duration(span: Duration) -> String {
    if span.subsec_nanos() == 0 { format!("{}s", span.as_secs()) } else { format!("{}ms", span.as_millis()) }
}

#[derive(Serialize)]
struct Config {
    fabric: Fabric,
    service: Service,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vcenter: Vec<Device>,
    switch: Vec<Device>,
}

#[derive(Serialize)]
struct Fabric {
    mode: &'static str,
    allowed_vlans: &'static str,
    hold_down: String,
    pace: &'static str,
}

#[derive(Serialize)]
struct Service {
    store: PathBuf,
    control: PathBuf,
    metrics: SocketAddr,
    log: &'static str,
}

#[derive(Serialize)]
struct Device {
    name: String,
    url: String,
    username: &'static str,
    password_file: PathBuf,
    ca_file: PathBuf,
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_configuration_names_every_device_and_no_password() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(dir.path(), None);
        let devices = Devices {
            vcenters: vec![("vc1".to_owned(), "https://127.0.0.1:1".to_owned())],
            switches: vec![("leaf1a".to_owned(), "https://127.0.0.1:2".to_owned())],
            ca_pem: "PEM".to_owned(),
        };
        let terms = Terms {
            hold_down: Duration::from_secs(5),
            pace: Pace::Unlimited,
            metrics: SocketAddr::from(([127, 0, 0, 1], 9)),
        };
        files.write(&devices, &terms).expect("written");
        let text = fs::read_to_string(&files.config).expect("readable");
        let table: toml::Table = text.parse().expect("TOML");
        let at =
            |path: [&str; 2]| table.get(path[0]).and_then(|inner| inner.get(path[1])).and_then(toml::Value::as_str);
        assert_eq!(at(["fabric", "mode"]), Some("enforce"));
        assert_eq!(at(["fabric", "hold_down"]), Some("5s"));
        assert_eq!(at(["fabric", "pace"]), Some("unlimited"));
        assert_eq!(at(["service", "metrics"]), Some("127.0.0.1:9"));
        let url = |kind: &str| table.get(kind)?.get(0)?.get("url")?.as_str();
        assert_eq!(url("vcenter"), Some("https://127.0.0.1:1"));
        assert_eq!(url("switch"), Some("https://127.0.0.1:2"));
        assert!(!text.contains(PASSWORD));
        let mode = fs::metadata(files.password()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_vcenter_of_ones_own_can_be_added_to_the_configuration() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(dir.path(), None);
        let switches = vec![("leaf1a".to_owned(), "https://127.0.0.1:2".to_owned())];
        let devices = Devices { switches, ..Devices::default() };
        let terms = Terms {
            hold_down: Duration::from_secs(5),
            pace: Pace::Guarded,
            metrics: SocketAddr::from(([127, 0, 0, 1], 9)),
        };
        files.write(&devices, &terms).expect("written");
        let text = fs::read_to_string(&files.config).expect("readable") + "[[vcenter]]\nname = 'mine'\n";
        let table = text.parse::<toml::Table>();
        assert!(table.is_ok_and(|table| table.get("vcenter").is_some()), "{text}");
    }

    #[test]
    fn durations_are_written_as_people_do() {
        let check = |millis, expected: &str| assert_eq!(duration(Duration::from_millis(millis)), expected);
        check(5000, "5s");
        check(500, "500ms");
    }
}
