//! Answers as vCenter and as VMware's simulator write them, for tests. The two differ in the prefix of `xsi:type`
//! (facts: vCenter §B1), which must make no difference.

use std::fmt::Write;

/// How the other side writes XML.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// vCenter: `xsi:type`, declared on the envelope.
    Vcenter,
    /// vcsim: `XMLSchema-instance:type`, declared on every element.
    Vcsim,
}

pub(super) const DIALECTS: [Dialect; 2] = [Dialect::Vcenter, Dialect::Vcsim];

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Puts a body into an envelope, each `@Class` in it being the dialect's way to write `xsi:type="Class"`.
pub(super) fn envelope(dialect: Dialect, body: &str) -> String {
    let (declared, attribute) = match dialect {
        Dialect::Vcenter => (format!(" xmlns:xsi=\"{XSI}\""), "xsi:type=".to_owned()),
        Dialect::Vcsim => (String::new(), format!("xmlns:XMLSchema-instance=\"{XSI}\" XMLSchema-instance:type=")),
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"{declared}>\n<soapenv:Body>\n"
    );
    let mut parts = body.split('@');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (class, rest) = part.split_at(end);
        write!(out, "{attribute}\"{class}\"{rest}").expect("written");
    }
    out + "\n</soapenv:Body>\n</soapenv:Envelope>"
}

/// An answer to `WaitForUpdatesEx` with these objects.
pub(super) fn update_set(dialect: Dialect, version: &str, objects: &str, truncated: bool) -> String {
    let truncated = if truncated { "<truncated>true</truncated>" } else { "" };
    envelope(
        dialect,
        &format!(
            "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><version>{version}</version><filterSet>\
             <filter type=\"PropertyFilter\">session[1]2</filter>{objects}</filterSet>{truncated}</returnval>\
             </WaitForUpdatesExResponse>"
        ),
    )
}

/// One object of a set.
pub(super) fn object(kind: &str, of: &str, id: &str, changes: &str) -> String {
    format!("<objectSet><kind>{kind}</kind><obj type=\"{of}\">{id}</obj>{changes}</objectSet>")
}

/// One property that is assigned; `value` begins with its attributes.
pub(super) fn assign(path: &str, value: &str) -> String {
    format!("<changeSet><name>{path}</name><op>assign</op><val {value}</val></changeSet>")
}

/// One property that became unset.
pub(super) fn unset(path: &str) -> String {
    format!("<changeSet><name>{path}</name><op>assign</op></changeSet>")
}

/// One property that could not be read.
pub(super) fn missing(path: &str) -> String {
    format!(
        "<missingSet><path>{path}</path><fault><fault @NoPermission><privilegeId>System.Read</privilegeId></fault>\
         <localizedMessage>no</localizedMessage></fault></missingSet>"
    )
}

/// A powered-on VM on a host, with a NIC on a distributed port group.
pub(super) fn vm(kind: &str, id: &str, host: &str) -> String {
    let changes = [
        assign("name", &format!("@string>{id}%2fname")),
        assign("config.template", "@boolean>false"),
        assign("runtime.host", &format!("type=\"HostSystem\" @ManagedObjectReference>{host}")),
        assign("runtime.powerState", "@VirtualMachinePowerState>poweredOn"),
        assign("runtime.connectionState", "@VirtualMachineConnectionState>connected"),
        devices(&nic(4000, "VirtualVmxnet3", true, DISTRIBUTED)),
    ];
    object(kind, "VirtualMachine", id, &changes.concat())
}

pub(super) const DISTRIBUTED: &str = "<backing @VirtualEthernetCardDistributedVirtualPortBackingInfo><port>\
    <switchUuid>50 1a</switchUuid><portgroupKey>dvportgroup-7</portgroupKey><portKey>12</portKey></port></backing>";

pub(super) fn devices(devices: &str) -> String {
    assign("config.hardware.device", &format!("@ArrayOfVirtualDevice>{devices}"))
}

pub(super) fn nic(key: i32, class: &str, connected: bool, backing: &str) -> String {
    format!(
        "<VirtualDevice @{class}><key>{key}</key>{backing}<connectable><startConnected>true</startConnected>\
         <connected>{connected}</connected></connectable><macAddress>00:50:56:80:00:01</macAddress></VirtualDevice>"
    )
}

/// A connected host with one pnic.
pub(super) fn host(kind: &str, id: &str, state: &str) -> String {
    let changes = [
        assign("name", &format!("@string>{id}.example")),
        assign("runtime.connectionState", &format!("@HostSystemConnectionState>{state}")),
        assign(
            "config.network.pnic",
            "@ArrayOfPhysicalNic><PhysicalNic><key>key-vim.host.PhysicalNic-vmnic0</key><device>vmnic0</device>\
             <linkSpeed><speedMb>25000</speedMb></linkSpeed><mac>3c:fd:fe:00:00:01</mac></PhysicalNic>",
        ),
        assign("configManager.networkSystem", "type=\"HostNetworkSystem\" @ManagedObjectReference>networkSystem-1"),
    ];
    object(kind, "HostSystem", id, &changes.concat())
}

/// The latest page of the collector of events.
pub(super) fn history(kind: &str, events: &str) -> String {
    let page = assign("latestPage", &format!("@ArrayOfEvent>{events}"));
    object(kind, "EventHistoryCollector", "session[1]3", &page)
}

/// One event of a VM; `extra` holds what its class adds.
pub(super) fn event(class: &str, key: i32, vm: &str, at: &str, extra: &str) -> String {
    format!(
        "<Event @{class}><key>{key}</key><chainId>{key}</chainId><createdTime>{at}</createdTime>\
         <host><name>host-1.example</name><host type=\"HostSystem\">host-1</host></host>\
         <vm><name>x</name><vm type=\"VirtualMachine\">{vm}</vm></vm>{extra}</Event>"
    )
}

/// The target of a move.
pub(super) fn target(host: &str) -> String {
    format!("<destHost><name>{host}.example</name><host type=\"HostSystem\">{host}</host></destHost>")
}
