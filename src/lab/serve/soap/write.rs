//! From a value to the XML that a real vCenter writes.
//!
//! `xsi:type` stands where the API declares a type that others extend, and where it declares `anyType`. Inside of an
//! object an array is its element repeated; where `anyType` is declared it is an `ArrayOf…` of its own.

use crate::lab::model::vcenter::{Fault, Value};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
    xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
    xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n";
const FOOT: &str = "\n</soapenv:Body>\n</soapenv:Envelope>";

/// Types that stand where the API declares their base type.
const EXTENSIONS: [&str; 24] = [
    "CustomFieldStringValue",
    "VirtualVmxnet3",
    "VirtualEthernetCardDistributedVirtualPortBackingInfo",
    "VirtualEthernetCardNetworkBackingInfo",
    "VirtualEthernetCardOpaqueNetworkBackingInfo",
    "VirtualSriovEthernetCard",
    "VirtualPCIPassthrough",
    "VirtualPCIPassthroughDeviceBackingInfo",
    "FaultTolerancePrimaryConfigInfo",
    "FaultToleranceSecondaryConfigInfo",
    "OpaqueNetworkSummary",
    "VMwareDVSConfigInfo",
    "VMwareDVSPortSetting",
    "VMwareDVSPortgroupPolicy",
    "VmwareDistributedVirtualSwitchVlanIdSpec",
    "VmwareDistributedVirtualSwitchTrunkVlanSpec",
    "VmwareDistributedVirtualSwitchPvlanSpec",
    "HostVirtualSwitchBondBridge",
    "DVSNameArrayUplinkPortPolicy",
    "DistributedVirtualSwitchHostMemberPnicBacking",
    "TaskReasonUser",
    "HostListSummary",
    "EventEx",
    "NoPermission",
];

/// The envelope of what a method returned.
pub fn returned(method: &str, value: Option<&Value>) -> String {
    let mut out = String::from(HEAD);
    out.push_str(&format!("<{method}Response xmlns=\"urn:vim25\">"));
    if let Some(value) = value {
        element(&mut out, "returnval", value);
    }
    out.push_str(&format!("</{method}Response>"));
    out.push_str(FOOT);
    out
}

/// The envelope of a fault.
pub fn fault(fault: &Fault) -> String {
    let mut out = String::from(HEAD);
    out.push_str("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>");
    escape(&mut out, &fault.message);
    let kind = fault.kind;
    out.push_str("</faultstring><detail>");
    out.push_str(&format!("<{kind}Fault xmlns=\"urn:vim25\" xsi:type=\"{kind}\">"));
    for (name, value) in &fault.fields {
        element(&mut out, name, value);
    }
    out.push_str(&format!("</{kind}Fault></detail></soapenv:Fault>"));
    out.push_str(FOOT);
    out
}

fn element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Array(_, items) => items.iter().for_each(|item| element(out, name, item)),
        Value::Any(inner) => tag(out, name, inner, Some(&type_name(inner))),
        Value::Object(kind, _) if is_extension(kind) => tag(out, name, value, Some(kind)),
        Value::Object(..) | Value::Simple(..) | Value::Enum(..) | Value::Ref(..) => tag(out, name, value, None),
    }
}

fn is_extension(kind: &str) -> bool {
    EXTENSIONS.contains(&kind) || kind.ends_with("Event")
}

fn type_name(value: &Value) -> String {
    match value {
        Value::Simple(kind, _) => format!("xsd:{kind}"),
        Value::Enum(kind, _) | Value::Object(kind, _) => (*kind).to_owned(),
        Value::Ref(..) => "ManagedObjectReference".to_owned(),
        Value::Array(kind, _) => {
            let (first, rest) = kind.split_at_checked(1).unwrap_or_default();
            format!("ArrayOf{}{rest}", first.to_uppercase())
        }
        Value::Any(inner) => type_name(inner),
    }
}

fn tag(out: &mut String, name: &str, value: &Value, xsi_type: Option<&str>) {
    out.push('<');
    out.push_str(name);
    if let Value::Ref(kind, _) = value {
        out.push_str(&format!(" type=\"{kind}\""));
    }
    if let Some(kind) = xsi_type {
        out.push_str(&format!(" xsi:type=\"{kind}\""));
    }
    out.push('>');
    content(out, value);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn content(out: &mut String, value: &Value) {
    match value {
        Value::Simple(_, text) => escape(out, text),
        Value::Enum(_, text) => out.push_str(text),
        Value::Ref(_, id) => escape(out, id.as_str()),
        Value::Object(_, fields) => fields.iter().for_each(|(name, value)| element(out, name, value)),
        Value::Array(kind, items) => items.iter().for_each(|item| element(out, kind, item)),
        Value::Any(inner) => content(out, inner),
    }
}

fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use vmtracker_core::net::MoId;

    use super::*;

    #[test]
    fn values_are_written_as_vcenter_writes_them() {
        let check = |value: Value, expected: &str| {
            let mut out = String::new();
            element(&mut out, "val", &value);
            assert_eq!(out, expected);
        };
        let host = || Value::Ref("HostSystem", MoId::from("host-1"));
        check(Value::string("a<b").any(), "<val xsi:type=\"xsd:string\">a&lt;b</val>");
        check(host(), "<val type=\"HostSystem\">host-1</val>");
        check(host().any(), "<val type=\"HostSystem\" xsi:type=\"ManagedObjectReference\">host-1</val>");
        check(Value::Array("string", vec![Value::string("x"), Value::string("y")]), "<val>x</val><val>y</val>");
        check(
            Value::Array("ManagedObjectReference", vec![host()]).any(),
            "<val xsi:type=\"ArrayOfManagedObjectReference\">\
             <ManagedObjectReference type=\"HostSystem\">host-1</ManagedObjectReference></val>",
        );
        check(
            Value::Array("VirtualDevice", vec![Value::Object("VirtualVmxnet3", vec![("key", Value::int(4000))])]).any(),
            "<val xsi:type=\"ArrayOfVirtualDevice\">\
             <VirtualDevice xsi:type=\"VirtualVmxnet3\"><key>4000</key></VirtualDevice></val>",
        );
        check(
            Value::Enum("VirtualMachinePowerState", "poweredOn").any(),
            "<val xsi:type=\"VirtualMachinePowerState\">poweredOn</val>",
        );
    }

    #[test]
    fn a_fault_carries_its_type_twice() {
        let text = fault(&Fault { kind: "InvalidLogin", message: "no".to_owned(), fields: Vec::new() });
        assert!(text.contains("<InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\">"), "{text}");
    }
}
