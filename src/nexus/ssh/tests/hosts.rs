//! Whose host key is believed.

use std::{fs, path::Path};

use russh::keys::{Algorithm, EcdsaCurve};

use super::{server::key_of, *};

/// `127.0.0.1` as OpenSSH hides it in its list.
const HASHED: &str = "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|WqBc/NeMlF2clj6YqDujXI50fGI=";

/// Connects with another trust; the error, and what the switch saw of a login.
async fn trusting(trust: impl Fn(&Served) -> HostTrust) -> (Result<(), String>, Vec<String>) {
    let served = serve(switch()).await;
    let trust = trust(&served);
    let outcome = show(&client(&served, |_, ssh| ssh.trust = trust.clone()), "show fex").await;
    (outcome.map(drop).map_err(|error| chain(&error)), served.seen.lock().unwrap().logins.clone())
}

#[tokio::test]
async fn a_host_that_is_not_trusted_never_sees_the_password() {
    let (outcome, logins) = trusting(|_| HostTrust::Fingerprint([7; 32])).await;
    let shown = key(1).public_key().fingerprint(russh::keys::HashAlg::Sha256).to_string();
    assert!(outcome.as_ref().is_err_and(|why| why.contains(&shown)), "{outcome:?} {shown}");
    assert!(logins.is_empty(), "{logins:?}");
}

/// The known hosts of a file that says `line`, where `{}` is the switch's name there and `{key}` its key.
async fn known(folder: &Path, line: &str, accept_new: bool) -> (Result<(), String>, Vec<String>) {
    let file = folder.join("known_hosts");
    let fill = |served: &Served| {
        let (name, key) = (format!("[127.0.0.1]:{}", served.port), served.host_key.to_openssh().unwrap());
        fs::write(&file, line.replace("{}", &name).replace("{key}", &key)).unwrap();
        HostTrust::KnownHosts { file: file.clone(), accept_new }
    };
    trusting(fill).await
}

#[tokio::test]
async fn known_hosts_are_believed_and_others_only_if_so_configured() {
    let folder = tempfile::tempdir().unwrap();
    let other = key(3).public_key().to_openssh().unwrap();
    let check = async |line: &str, accept_new, expected: Result<(), &str>| {
        let (outcome, logins) = known(folder.path(), line, accept_new).await;
        match expected {
            Ok(()) => assert_eq!(outcome, Ok(()), "{line}"),
            Err(part) => assert!(outcome.as_ref().is_err_and(|why| why.contains(part)), "{line}: {outcome:?}"),
        }
        assert_eq!(logins.is_empty(), expected.is_err(), "{line}: {logins:?}");
        fs::read_to_string(folder.path().join("known_hosts")).unwrap()
    };
    check("# ours\n\n{} {key}\n", false, Ok(())).await;
    check(&format!("{{}} {other}\n"), false, Err("is not the one that is trusted")).await;
    check(&format!("{{}} {other}\n"), true, Err("is not the one that is trusted")).await;
    check(&format!("elsewhere {other}\n"), false, Err("is not known; if SHA256:")).await;
    let written = check(&format!("elsewhere {other}\n"), true, Ok(())).await;
    let unended = check(&format!("elsewhere {other}"), true, Ok(())).await;
    assert_eq!(unended.lines().count(), 2, "{unended}");
    let mine = key(1).public_key().to_openssh().unwrap();
    assert!(
        written.lines().nth(1).is_some_and(|line| line.starts_with("[127.0.0.1]:") && line.contains(&mine)),
        "{written}"
    );
}

#[tokio::test]
async fn of_several_host_keys_the_known_one_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let ecdsa = key_of(5, Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 });
    for host_keys in [vec![key(1), ecdsa.clone()], vec![ecdsa, key(1)]] {
        let served = serve(Switch { host_keys, ..switch() }).await;
        for name in [format!("[127.0.0.1]:{}", served.port), HASHED.to_owned()] {
            fs::write(&file, format!("{name} {}\n", served.host_key.to_openssh().unwrap())).unwrap();
            let trust = HostTrust::KnownHosts { file: file.clone(), accept_new: false };
            let client = client(&served, |_, ssh| ssh.trust = trust.clone());
            assert_eq!(show(&client, "show fex").await.unwrap(), [said("one\n\ntwo#\n")], "{:?}", served.host_key);
        }
    }
}
