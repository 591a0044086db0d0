//! What is read of the lives of VMs, hosts and clusters, in the words of vCenter and of its simulator.

use super::fixtures::{DIALECTS, assign, event, history, host, object, update_set, vm};
use super::{MoRef, UpdateReader, Watcher, soap, soap::CustomPaths};
use crate::tracker::{Cluster, Event, HostPower, ObjectId, Recommendation};

const NOW: &str = "2026-11-20T12:00:00Z";

/// Every event of one listing, in both dialects; they must be the same.
fn told(objects: &[String]) -> Vec<Event> {
    let all: Vec<Vec<Event>> = DIALECTS
        .into_iter()
        .map(|dialect| {
            let mut watcher = Watcher::new("vc".into());
            let mut events = watcher.connected("vc-uuid".into(), super::unix_ms(NOW));
            let text = update_set(dialect, "1", &objects.concat(), false);
            let mut reader = UpdateReader::open(text.as_bytes()).expect("an answer");
            while let Some(part) = reader.next_part().expect("a part") {
                events.extend(watcher.part(part));
            }
            events
        })
        .collect();
    let [first, second] = all.try_into().expect("two dialects");
    assert_eq!(first, second);
    first
}

#[test]
fn a_vm_says_who_it_is_and_what_its_guest_calls_itself() {
    let changes = [
        assign("config.instanceUuid", "@string>5029-aa"),
        assign("guest.hostName", "@string>vcsa01.dc.example"),
        assign("guest.ipAddress", "@string>10.0.0.5"),
    ];
    let events = told(&[vm("enter", "vm-1", "host-1"), object("modify", "VirtualMachine", "vm-1", &changes.concat())]);
    let seen: Vec<_> = events
        .iter()
        .filter_map(|event| if let Event::VmSeen(vm) = event { Some(vm) } else { None })
        .map(|vm| (vm.instance_uuid.clone(), vm.guest_names.clone()))
        .collect();
    let names = vec!["vcsa01.dc.example".to_owned(), "10.0.0.5".to_owned()];
    assert_eq!(seen, [(None, Vec::new()), (Some("5029-aa".to_owned()), names)]);
}

#[test]
fn a_host_says_whether_it_is_on_off_or_asleep() {
    let check = |word: &str, expected: HostPower| {
        let power = assign("runtime.powerState", &format!("@HostSystemPowerState>{word}"));
        let objects = [host("enter", "host-1", "connected"), object("modify", "HostSystem", "host-1", &power)];
        let mut told = told(&objects).into_iter().rev();
        let last = told.find_map(|event| if let Event::HostSeen(host) = event { Some(host.power) } else { None });
        assert_eq!(last, Some(expected), "{word}");
    };
    check("poweredOn", HostPower::On);
    check("poweredOff", HostPower::Off);
    check("standBy", HostPower::StandBy);
    check("unknown", HostPower::Unknown);
}

#[test]
fn a_cluster_recommends_moves_and_nothing_else() {
    let migration = |vm: &str, to: &str| {
        format!(
            "<action @ClusterMigrationAction><type>MigrationV1</type><target type=\"VirtualMachine\">{vm}</target>\
             <drsMigration><key>m</key><time>{NOW}</time><vm type=\"VirtualMachine\">{vm}</vm>\
             <source type=\"HostSystem\">host-1</source><destination type=\"HostSystem\">{to}</destination>\
             </drsMigration></action>"
        )
    };
    let power =
        "<action @ClusterHostPowerAction><type>HostPowerV1</type><operationType>powerOff</operationType></action>";
    let two = format!("<key>1</key>{}{}", migration("vm-1", "host-2"), migration("vm-2", "host-3"));
    let recommendation =
        |body: &str| format!("<ClusterRecommendation @ClusterRecommendation>{body}</ClusterRecommendation>");
    let list = format!("@ArrayOfClusterRecommendation>{}{}", recommendation(&two), recommendation(power));
    let changes = [assign("name", "@string>production"), assign("recommendation", &list)];
    let events = told(&[
        object("enter", "ClusterComputeResource", "domain-c1", &changes.concat()),
        object(
            "modify",
            "ClusterComputeResource",
            "domain-c1",
            &assign("recommendation", "@ArrayOfClusterRecommendation>"),
        ),
    ]);
    let id = |moid: &str| ObjectId::new(&"vc-uuid".into(), moid);
    let one = |vm: &str, to: &str| Recommendation { vm: id(vm), to: id(to) };
    let cluster = |recommendations: Vec<Recommendation>| {
        Event::ClusterSeen(Cluster { id: id("domain-c1"), name: "production".into(), recommendations }.into())
    };
    let seen: Vec<Event> = events.into_iter().filter(|event| matches!(event, Event::ClusterSeen(_))).collect();
    assert_eq!(seen, [cluster(vec![one("vm-1", "host-2"), one("vm-2", "host-3")]), cluster(Vec::new())]);
}

#[test]
fn a_move_to_another_vcenter_is_told_before_the_vm_leaves_and_once_though_it_is_read_twice() {
    let away = "<eventTypeId>com.vmware.vc.vm.SrcVmMigratedEvent</eventTypeId>";
    let page = [event("EventEx", 5, "vm-1", NOW, away), event("EventEx", 6, "vm-1", NOW, away)].concat();
    let objects = [
        host("enter", "host-1", "notResponding"),
        vm("enter", "vm-1", "host-1"),
        object("leave", "VirtualMachine", "vm-1", ""),
        history("enter", &page),
    ];
    let id = ObjectId::new(&"vc-uuid".into(), "vm-1");
    let told: Vec<Event> = told(&objects)
        .into_iter()
        .filter(|event| matches!(event, Event::VmMigratedAway(_) | Event::VmLeft(_)))
        .collect();
    assert_eq!(told, [Event::VmMigratedAway(id.clone()), Event::VmLeft(id)]);
}

#[test]
fn recommendations_are_asked_for_only_where_they_are_wanted() {
    let asked = |recommendations: bool| {
        let paths = CustomPaths { recommendations, ..CustomPaths::default() };
        soap::create_inventory_filter(&MoRef::new("PropertyCollector", "pc"), &MoRef::new("ContainerView", "v"), paths)
    };
    let set = "<type>ClusterComputeResource</type><all>false</all><pathSet>name</pathSet>\
               <pathSet>recommendation</pathSet>";
    assert!(asked(true).contains(set), "{}", asked(true));
    assert!(!asked(false).contains("recommendation"));
}
