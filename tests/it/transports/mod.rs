//! The same scenarios over every way to a switch: the controller asks the lab's switches by JSON-RPC, by ins_api in JSON
//! and in XML, and by SSH, and what comes of it is the same.

mod alike;
mod auto;
mod moves;
mod troubles;

use toml::{Table, Value};
use vmtracker::lab::{
    model::dataplane::Verdict,
    topology::{Topology, USER},
};
use vmtracker_core::net::{InterfaceName, MoId, VlanId};

use crate::site::Site;

/// A way to a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    JsonRpc,
    InsJson,
    InsXml,
    Ssh,
}

impl Way {
    const ALL: [Self; 4] = [Self::JsonRpc, Self::InsJson, Self::InsXml, Self::Ssh];

    /// How the configuration calls the dialect; none: SSH.
    const fn dialect(self) -> Option<&'static str> {
        match self {
            Self::JsonRpc => Some("json-rpc"),
            Self::InsJson => Some("ins-json"),
            Self::InsXml => Some("ins-xml"),
            Self::Ssh => None,
        }
    }

    /// Every switch of the configuration is to be reached this way.
    fn configure(self, site: &Site) {
        site.configure(|table| {
            for row in switches(table) {
                match self.dialect() {
                    Some(dialect) => drop(row.insert("nxapi_dialect".to_owned(), dialect.into())),
                    None => {
                        row.retain(|key, _| !["url", "ca_file"].contains(&key));
                        row.insert("transport".to_owned(), "ssh".into());
                        allow_ssh(site, row);
                    }
                }
            }
        });
    }
}

/// One test of each scenario for each way.
macro_rules! over_every_way {
    ($($scenario:ident),+ $(,)?) => {
        over_every_way!(@way json_rpc JsonRpc $($scenario)+);
        over_every_way!(@way ins_json InsJson $($scenario)+);
        over_every_way!(@way ins_xml InsXml $($scenario)+);
        over_every_way!(@way ssh Ssh $($scenario)+);
    };
    (@way $name:ident $way:ident $($scenario:ident)+) => {
        mod $name {
            use crate::transports::Way;

            $(#[test]
            fn $scenario() {
                super::$scenario(Way::$way);
            })+
        }
    };
}
use over_every_way;

fn switches(table: &mut Table) -> impl Iterator<Item = &mut Table> {
    let rows = table.get_mut("switch").and_then(Value::as_array_mut).expect("switches");
    rows.iter_mut().filter_map(Value::as_table_mut)
}

/// The switch of this row may be reached by SSH.
fn allow_ssh(site: &Site, row: &mut Table) {
    let name = row.get("name").and_then(Value::as_str).expect("a name").to_owned();
    row.insert("ssh".to_owned(), site.ssh(&name).to_string().into());
    let hosts = site.files.known_hosts().to_str().expect("plain").to_owned();
    row.insert("known_hosts_file".to_owned(), hosts.into());
}

/// A leaf on which every VLAN of these has a host with a VM in it, on the port of its number; on the last of them hangs
/// a VM more, in VLAN 70, that is off.
const VLANS: [u16; 4] = [30, 40, 50, 60];

fn topology() -> Topology {
    let port = |vlan: u16| format!("{{ name = 'Ethernet1/{vlan}', allowed = '5' }}");
    let ports = VLANS.map(port).join(", ");
    let mut text =
        format!("[[switch]]\nname = 'leaf1'\nvlans = '1,5,60'\nport = [{ports}]\n[[vcenter]]\nname = 'vc1'\n");
    for vlan in VLANS {
        text += &host("leaf1", vlan);
    }
    text += "[[port_group]]\nname = 'net70'\nvlan = 70\n\
             [[vm]]\nname = 'later'\nhost = 'esx60'\nport_groups = ['net70']\non = false\n";
    Topology::parse(&text).expect("a good file")
}

/// A host, its cable and its VM, all named after a VLAN.
fn host(switch: &str, vlan: u16) -> String {
    format!(
        "[[host]]\nname = 'esx{vlan}'\n\
         pnics = [{{ device = 'vmnic0', switch = '{switch}', port = 'Ethernet1/{vlan}', uplink = 'Uplink 1' }}]\n\
         [[port_group]]\nname = 'net{vlan}'\nvlan = {vlan}\n\
         [[vm]]\nname = 'vm{vlan}'\nhost = 'esx{vlan}'\nport_groups = ['net{vlan}']\n"
    )
}

/// The site, reached this way, with the controller running and all trunks right.
fn running(topology: &Topology, way: Way) -> Site {
    let mut site = Site::new(topology);
    way.configure(&site);
    site.start();
    site.wait_right();
    site
}

fn passes(site: &Site, vm: &str) -> bool {
    site.verdict("vc1", vm) == Verdict::Passes
}

/// Whether a port of `leaf1` allows a VLAN and forwards it; ports are numbered as in [`topology`].
fn carries(site: &Site, port: u16, vlan: u16) -> bool {
    let (port, vlan) = (InterfaceName::Ethernet(1, port), VlanId::new(vlan).expect("a VLAN"));
    site.world.look(|world, _| world.switches["leaf1"].forwards(port, vlan))
}

fn power_on(site: &Site, vm: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named(vm).expect("such a VM").clone();
        vcenter.power_on(&id).expect("powered on");
    });
}

/// A vMotion begins; it lasts until somebody ends it.
fn start_move(site: &Site, vm: &str, host: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named(vm).expect("such a VM").clone();
        let to = vcenter.hosts().find(|there| there.name == host).map(|there| there.id.clone()).expect("such a host");
        vcenter.start_migration(&id, &to).expect("begun");
    });
}

fn finish_move(site: &Site, vm: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let id: MoId = vcenter.vm_named(vm).expect("such a VM").clone();
        vcenter.finish_migration(&id).expect("arrived");
    });
}

/// How often the history says that a VLAN on a port became ours.
fn owned(site: &Site, port: u16, vlan: u16) -> usize {
    let place = format!("Ethernet1/{port}");
    let rows = site.history().into_iter().filter(|row| row.what == "owned" && row.vlan == Some(vlan));
    rows.filter(|row| row.place.as_ref() == Some(&place)).count()
}

/// Whether a line of the log of `leaf1` is the controller's.
fn is_ours(entry: &str) -> bool {
    entry.contains(&format!(":user={USER}:"))
}
