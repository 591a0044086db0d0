//! Over loopback, with an HTTP client that knows nothing of the model.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Certificate, Client, Response};
use vmtracker_core::net::{MacAddr, MoId};

use super::*;
use crate::lab::model::{
    switch::Switch,
    vcenter::{Delays, HostSpec, PnicSpec, PortGroupSpec, SimVlan, UserSpec, VcenterSpec, VmSpec, VnicSpec},
    world::{Observer, World},
};

/// A vCenter with two hosts and five VMs that serves, and a client that trusts it.
struct Lab {
    world: SharedWorld,
    running: RunningVcenters,
    client: Client,
    url: String,
    cookie: String,
    told: Arc<Mutex<Vec<u64>>>,
}

#[derive(Debug)]
struct Told(Arc<Mutex<Vec<u64>>>);

impl Observer for Told {
    fn changed(&mut self, _: &BTreeMap<String, Switch>, _: &BTreeMap<String, Vcenter>, _: LabTime) {}
    fn served(&mut self, _: &str, _: bool, _: bool, _: LabTime) {}
    fn told(&mut self, vcenter: &str, upto: u64, _: LabTime) {
        assert_eq!(vcenter, "vc1");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(upto);
    }
}

fn specification() -> VcenterSpec {
    let host = |number: u8| HostSpec {
        name: format!("esx{number}"),
        cluster: "cluster".to_owned(),
        pnics: vec![PnicSpec {
            device: "vmnic0".to_owned(),
            mac: MacAddr::new([0x3c, 0xfd, 0xfe, 0, 0, number]),
            dvs_uplink: Some("Uplink 1".to_owned()),
            lag: None,
            vswitch: None,
            hint: None,
        }],
        vmkernels: Vec::new(),
    };
    let vm = |number| VmSpec {
        name: format!("vm{number}"),
        host: "esx1".to_owned(),
        vnics: vec![VnicSpec::new("pg <a> & b")],
        on: true,
        ..VmSpec::default()
    };
    VcenterSpec {
        name: "vc1".to_owned(),
        users: vec![UserSpec { name: "user".to_owned(), password: "pass".to_owned() }],
        hosts: vec![host(1), host(2)],
        port_groups: vec![PortGroupSpec {
            name: "pg <a> & b".to_owned(),
            vlan: SimVlan::Id(100),
            ..PortGroupSpec::default()
        }],
        vms: (0..5).map(vm).collect(),
        ..VcenterSpec::default()
    }
}

impl Lab {
    async fn start() -> Self {
        let vcenter = Vcenter::new(specification()).expect("a consistent specification");
        let told = Arc::new(Mutex::new(Vec::new()));
        let world = SharedWorld::new(World {
            vcenters: BTreeMap::from([("vc1".to_owned(), vcenter)]),
            observers: vec![Box::new(Told(Arc::clone(&told)))],
            ..World::default()
        });
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a key that fits");
        let tls = Arc::new(tls);
        let running =
            serve_vcenters(world.clone(), vec!["vc1".to_owned()], |_| Arc::clone(&tls)).await.expect("serves");
        let root = Certificate::from_der(made.cert.der()).expect("a certificate");
        let client = Client::builder().no_proxy().tls_certs_only([root]).timeout(Duration::from_secs(20));
        let client = client.build().expect("a client");
        let url = format!("https://{}/sdk", running.address("vc1").expect("serves"));
        Self { world, running, client, url, cookie: String::new(), told }
    }

    fn act<R>(&self, act: impl FnOnce(&mut Vcenter) -> R) -> R {
        self.world.with(|world, _| act(world.vcenters.get_mut("vc1").expect("there")))
    }

    async fn send(&self, method: &str, this: &str, arguments: &str) -> reqwest::Result<Response> {
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>\
             <{method} xmlns=\"urn:vim25\"><_this type=\"X\">{this}</_this>{arguments}</{method}></e:Body></e:Envelope>"
        );
        let request = self.client.post(&self.url).header("cookie", &self.cookie).body(body);
        request.send().await
    }

    async fn call(&self, method: &str, this: &str, arguments: &str) -> String {
        self.send(method, this, arguments).await.expect("an answer").text().await.expect("a text")
    }

    async fn created(&self, method: &str, this: &str, arguments: &str) -> String {
        let text = self.call(method, this, arguments).await;
        between(&text, "<returnval", "</returnval>").rsplit('>').next().unwrap_or_default().to_owned()
    }

    async fn login(&mut self) {
        let credentials = "<userName>user</userName><password>pass</password>";
        let response = self.send("Login", "SessionManager", credentials).await.expect("an answer");
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).expect("a cookie");
        assert!(
            cookie.starts_with("vmware_soap_session=\"") && cookie.contains("Path=/; HttpOnly; Secure"),
            "{cookie}"
        );
        self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    }

    /// Logs in and watches VMs and migration events; the collector.
    async fn watch(&mut self) -> String {
        self.login().await;
        let root = "<container>group-d1</container><recursive>true</recursive>";
        let view = self.created("CreateContainerView", "ViewManager", root).await;
        let types = "<filter><eventTypeId>VmBeingHotMigratedEvent</eventTypeId><eventTypeId>VmMigratedEvent</eventTypeId></filter>";
        let events = self.created("CreateCollectorForEvents", "EventManager", types).await;
        let collector = self.created("CreatePropertyCollector", "propertyCollector", "").await;
        for (object, kind, path) in
            [(view, "VirtualMachine", "runtime.host"), (events, "EventHistoryCollector", "latestPage")]
        {
            let spec = format!(
                "<spec><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>\
                 <objectSet><obj>{object}</obj></objectSet></spec>"
            );
            self.created("CreateFilter", &collector, &spec).await;
        }
        collector
    }

    async fn wait(&self, collector: &str, version: &str) -> reqwest::Result<String> {
        let options = "<options><maxWaitSeconds>10</maxWaitSeconds></options>";
        let arguments = format!("<version>{version}</version>{options}");
        self.send("WaitForUpdatesEx", collector, &arguments).await?.text().await
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).map_or("", |(_, rest)| rest);
    rest.split_once(to).map_or("", |(inside, _)| inside)
}

fn version(text: &str) -> String {
    between(text, "<version>", "</version>").to_owned()
}

fn ids(lab: &Lab) -> (MoId, MoId) {
    lab.act(|vcenter| {
        let vm = vcenter.vm_named("vm0").cloned().expect("there");
        (vm, vcenter.host_named("esx2").cloned().expect("there"))
    })
}

#[tokio::test]
async fn a_migration_wakes_the_long_poll_and_is_told_in_order() {
    let mut lab = Lab::start().await;
    let collector = lab.watch().await;
    let first = lab.wait(&collector, "").await.expect("an answer");
    assert_eq!(first.matches("<kind>enter</kind>").count(), 6, "{first}");
    let (vm, to) = ids(&lab);
    let began = async {
        let started = lab.act(|vcenter| vcenter.start_migration(&vm, &to));
        started.expect("it runs")
    };
    let newest = version(&first);
    let (second, started) = tokio::join!(lab.wait(&collector, &newest), began);
    let second = second.expect("an answer");
    assert!(second.contains("<Event xsi:type=\"VmBeingHotMigratedEvent\">"), "{second}");
    assert!(second.contains(&format!("<destHost><name>esx2</name><host type=\"HostSystem\">{to}</host></destHost>")));
    assert!(!second.contains("<name>runtime.host</name>"), "not there yet");
    told(&lab, started).await;
    let moved = lab.act(|vcenter| vcenter.finish_migration(&vm)).expect("under way");
    let third = lab.wait(&collector, &version(&second)).await.expect("an answer");
    assert!(third.contains(&format!("<val type=\"HostSystem\" xsi:type=\"ManagedObjectReference\">{to}</val>")));
    assert!(third.contains("<Event xsi:type=\"VmMigratedEvent\">"), "{third}");
    told(&lab, moved).await;
    lab.call("Logout", "SessionManager", "").await;
    assert_eq!(lab.act(|vcenter| (vcenter.counts.logins, vcenter.counts.logouts, vcenter.sessions())), (1, 1, 0));
    lab.running.stop().await;
}

/// Waits until the observers heard that everything up to this change has left.
async fn told(lab: &Lab, number: u64) {
    let heard = || lab.told.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|upto| *upto >= number);
    let wait = async {
        while !heard() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), wait).await.expect("told");
}

#[tokio::test]
async fn an_update_set_cut_in_the_middle_is_told_again() {
    let mut lab = Lab::start().await;
    let collector = lab.watch().await;
    let first = lab.wait(&collector, "").await.expect("an answer");
    let (vm, _) = ids(&lab);
    lab.act(|vcenter| {
        vcenter.faults.cut_update_sets = 1;
        vcenter.destroy_vm(&vm)
    })
    .expect("there");
    lab.wait(&collector, &version(&first)).await.expect_err("cut");
    let again = lab.wait(&collector, &version(&first)).await.expect("an answer");
    assert!(again.contains("<kind>leave</kind>"), "{again}");
    lab.running.stop().await;
}

#[tokio::test]
async fn faults_are_typed_and_come_with_status_500() {
    let lab = Lab::start().await;
    let check = async |method: &str, arguments: &str, fault: &str| {
        let response = lab.send(method, "SessionManager", arguments).await.expect("an answer");
        assert_eq!(response.status(), 500);
        let text = response.text().await.expect("a text");
        assert!(text.contains(&format!("xsi:type=\"{fault}\"")), "{text}");
    };
    check("CurrentTime", "", "NotAuthenticated").await;
    check("Login", "<userName>user</userName><password>no</password>", "InvalidLogin").await;
    check("Login", "<userName>user", "InvalidRequest").await;
    lab.running.stop().await;
}

#[tokio::test]
async fn a_session_ended_by_an_administrator_cancels_its_wait() {
    let mut lab = Lab::start().await;
    let collector = lab.watch().await;
    let first = lab.wait(&collector, "").await.expect("an answer");
    let newest = version(&first);
    let ended = async { lab.act(Vcenter::terminate_sessions) };
    let (answer, _) = tokio::join!(lab.wait(&collector, &newest), ended);
    let answer = answer.expect("an answer");
    assert!(answer.contains("RequestCanceled") || answer.contains("NotAuthenticated"), "{answer}");
    assert!(lab.wait(&collector, &newest).await.expect("an answer").contains("NotAuthenticated"));
    lab.running.stop().await;
}

#[tokio::test]
async fn a_vcenter_that_is_down_or_overloaded_says_so() {
    let mut lab = Lab::start().await;
    lab.login().await;
    lab.act(|vcenter| vcenter.faults.unavailable = 1);
    assert_eq!(lab.send("CurrentTime", "ServiceInstance", "").await.expect("an answer").status(), 503);
    assert_eq!(lab.send("CurrentTime", "ServiceInstance", "").await.expect("an answer").status(), 200);
    lab.act(|vcenter| vcenter.faults.down = true);
    assert!(lab.send("CurrentTime", "ServiceInstance", "").await.is_err());
    lab.act(|vcenter| vcenter.faults.down = false);
    assert_eq!(lab.send("CurrentTime", "ServiceInstance", "").await.expect("an answer").status(), 200);
    lab.running.stop().await;
}

#[tokio::test]
async fn what_is_due_later_does_not_hold_up_what_is_due_sooner() {
    let mut lab = Lab::start().await;
    let collector = lab.watch().await;
    let mut newest = version(&lab.wait(&collector, "").await.expect("an answer"));
    let (vm, to) = ids(&lab);
    lab.act(|vcenter| vcenter.copy_phase = Duration::from_secs(600));
    lab.call("MigrateVM_Task", vm.as_str(), &format!("<host type=\"HostSystem\">{to}</host>")).await;
    lab.act(|vcenter| {
        vcenter.delays = Delays { property: Duration::from_millis(20), ..Delays::default() };
        let other = vcenter.vm_named("vm1").cloned().expect("there");
        vcenter.start_migration(&other, &to).and_then(|_| vcenter.finish_migration(&other)).expect("it runs")
    });
    loop {
        let text = lab.wait(&collector, &newest).await.expect("an answer");
        newest = version(&text);
        if text.contains("runtime.host") {
            break;
        }
    }
    lab.running.stop().await;
}

#[tokio::test]
async fn a_migration_asked_for_through_the_api_ends_by_itself() {
    let mut lab = Lab::start().await;
    let collector = lab.watch().await;
    lab.act(|vcenter| vcenter.copy_phase = Duration::from_millis(20));
    let first = lab.wait(&collector, "").await.expect("an answer");
    let (vm, to) = ids(&lab);
    lab.call("MigrateVM_Task", vm.as_str(), &format!("<host type=\"HostSystem\">{to}</host>")).await;
    let mut newest = version(&first);
    loop {
        let text = lab.wait(&collector, &newest).await.expect("an answer");
        newest = version(&text);
        if text.contains("VmMigratedEvent\"") {
            break;
        }
    }
    assert_eq!(lab.act(|vcenter| vcenter.vm(&vm).map(|vm| vm.host.clone())), Some(to));
    lab.running.stop().await;
}
