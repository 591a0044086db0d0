//! The controller's configuration for a running lab: a TOML file, and beside it the password, the lab's CA, and what
//! SSH needs: the switches' host keys and a key that opens them.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use super::{
    serve::LabKey,
    topology::{PASSWORD, USER},
};

/// How fast the controller may withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the product is delivered.
    Guarded,
    /// Without a bound.
    Unlimited,
}

/// How the controller reaches switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By NX-API.
    #[default]
    Nxapi,
    /// By SSH.
    Ssh,
}

/// For how many hosts the controller prepares what a VM needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prepare {
    /// For the target, once a move is announced.
    #[default]
    OnMove,
    /// For every host of the cluster, always.
    Cluster,
}

/// What goes into the configuration besides the devices.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The controller's hold-down.
    pub hold_down: Duration,
    /// The controller's pace.
    pub pace: Pace,
    /// How it reaches switches.
    pub transport: Transport,
    /// For whom it prepares.
    pub prepare: Prepare,
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
    /// Where the switches listen for SSH, by name.
    pub ssh: BTreeMap<String, SocketAddr>,
    /// The switches' host keys, as OpenSSH's `known_hosts` has them.
    pub known_hosts: String,
    /// A key that opens every switch.
    pub ssh_key: Option<LabKey>,
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

    /// Writes the configuration, the password, the CA, the SSH key and the known hosts.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, devices: &Devices, terms: &Terms) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let mut secret = fs::OpenOptions::new();
        secret.write(true).create(true).truncate(true).mode(0o600);
        secret.open(self.password())?.write_all(PASSWORD.as_bytes())?;
        if let Some(key) = &devices.ssh_key {
            secret.open(self.ssh_key())?.write_all(key.private_text()?.as_bytes())?;
        }
        fs::write(self.known_hosts(), &devices.known_hosts)?;
        fs::write(self.ca(), &devices.ca_pem)?;
        fs::write(&self.config, self.text(devices, terms)?)
    }

    fn password(&self) -> PathBuf {
        self.dir.join("password")
    }

    /// The private key that opens every switch.
    pub fn ssh_key(&self) -> PathBuf {
        self.dir.join("ssh_key")
    }

    /// Every switch's host key.
    pub fn known_hosts(&self) -> PathBuf {
        self.dir.join("known_hosts")
    }

    fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    fn text(&self, devices: &Devices, terms: &Terms) -> io::Result<String> {
        let by_url = |(name, url): &(String, String)| Device {
            ca_file: Some(self.ca()),
            ..self.device(name, Some(url.clone()))
        };
        let by_ssh = |(name, address): (&String, &SocketAddr)| Device {
            transport: Some("ssh"),
            ssh: Some(*address),
            known_hosts_file: Some(self.known_hosts()),
            ..self.device(name, None)
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
                prepare: match terms.prepare {
                    Prepare::OnMove => "on-move",
                    Prepare::Cluster => "cluster",
                },
            },
            service: Service {
                store: self.dir.join("vmtracker.db"),
                control: self.control.clone(),
                metrics: terms.metrics,
                log: "info",
            },
            vcenter: devices.vcenters.iter().map(by_url).collect(),
            switch: match terms.transport {
                Transport::Nxapi => devices.switches.iter().map(by_url).collect(),
                Transport::Ssh => devices.ssh.iter().map(by_ssh).collect(),
            },
        };
        toml::to_string(&config).map_err(io::Error::other)
    }

    fn device(&self, name: &str, url: Option<String>) -> Device {
        let (name, password_file) = (name.to_owned(), self.password());
        Device { name, url, username: USER, password_file, ..Device::default() }
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
    prepare: &'static str,
}

#[derive(Serialize)]
struct Service {
    store: PathBuf,
    control: PathBuf,
    metrics: SocketAddr,
    log: &'static str,
}

#[derive(Default, Serialize)]
struct Device {
    name: String,
    url: Option<String>,
    transport: Option<&'static str>,
    ssh: Option<SocketAddr>,
    known_hosts_file: Option<PathBuf>,
    username: &'static str,
    password_file: PathBuf,
    ca_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn terms(pace: Pace, transport: Transport) -> Terms {
        let metrics = SocketAddr::from(([127, 0, 0, 1], 9));
        Terms { hold_down: Duration::from_secs(5), pace, transport, prepare: Prepare::Cluster, metrics }
    }

    #[test]
    fn the_configuration_names_every_device_and_no_password() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(dir.path(), None);
        let devices = Devices {
            vcenters: vec![("vc1".to_owned(), "https://127.0.0.1:1".to_owned())],
            switches: vec![("leaf1a".to_owned(), "https://127.0.0.1:2".to_owned())],
            ca_pem: "PEM".to_owned(),
            ..Devices::default()
        };
        let terms = terms(Pace::Unlimited, Transport::Nxapi);
        files.write(&devices, &terms).expect("written");
        let text = fs::read_to_string(&files.config).expect("readable");
        let table: toml::Table = text.parse().expect("TOML");
        let at =
            |path: [&str; 2]| table.get(path[0]).and_then(|inner| inner.get(path[1])).and_then(toml::Value::as_str);
        assert_eq!(at(["fabric", "mode"]), Some("enforce"));
        assert_eq!(at(["fabric", "hold_down"]), Some("5s"));
        assert_eq!(at(["fabric", "pace"]), Some("unlimited"));
        assert_eq!(at(["fabric", "prepare"]), Some("cluster"));
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
        let terms = terms(Pace::Guarded, Transport::Nxapi);
        files.write(&devices, &terms).expect("written");
        let text = fs::read_to_string(&files.config).expect("readable") + "[[vcenter]]\nname = 'mine'\n";
        let table = text.parse::<toml::Table>();
        assert!(table.is_ok_and(|table| table.get("vcenter").is_some()), "{text}");
    }

    #[test]
    fn by_ssh_a_switch_has_an_address_and_a_host_key_but_no_url() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(dir.path(), None);
        let devices = Devices {
            switches: vec![("leaf1a".to_owned(), "https://127.0.0.1:2".to_owned())],
            ssh: [("leaf1a".to_owned(), SocketAddr::from(([127, 0, 0, 1], 3)))].into(),
            known_hosts: "[127.0.0.1]:3 ssh-ed25519 AAAA\n".to_owned(),
            ssh_key: Some(LabKey::new().expect("a key")),
            ..Devices::default()
        };
        files.write(&devices, &terms(Pace::Guarded, Transport::Ssh)).expect("written");
        let text = fs::read_to_string(&files.config).expect("readable");
        let table: toml::Table = text.parse().expect("TOML");
        let key = |name: &str| table.get("switch")?.get(0)?.get(name)?.as_str();
        assert_eq!((key("name"), key("transport"), key("ssh")), (Some("leaf1a"), Some("ssh"), Some("127.0.0.1:3")));
        assert_eq!((key("url"), key("ca_file"), key("known_hosts_file")), (None, None, files.known_hosts().to_str()));
        assert!(fs::read_to_string(files.known_hosts()).is_ok_and(|hosts| hosts == devices.known_hosts));
        assert!(fs::read_to_string(files.ssh_key()).is_ok_and(|key| key.contains("OPENSSH PRIVATE KEY")));
        assert!(!format!("{devices:?}").contains("PRIVATE"));
        let mode = fs::metadata(files.ssh_key()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn durations_are_written_as_people_do() {
        let check = |millis, expected: &str| assert_eq!(duration(Duration::from_millis(millis)), expected);
        check(5000, "5s");
        check(500, "500ms");
    }
}
