//! Against servers on loopback, each of one connection.

use std::net::{TcpListener, TcpStream};

use rustls::{ClientConnection, ServerConfig, ServerConnection, pki_types::PrivateKeyDer};

use super::*;

/// A certificate for `name`, with a handshake server of one connection behind it.
fn server(name: &str) -> (rcgen::CertifiedKey<rcgen::KeyPair>, u16, std::thread::JoinHandle<()>) {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let mut connection = ServerConnection::new(Arc::new(config)).expect("a connection");
        drop(connection.complete_io(&mut socket));
    });
    (certified, port, thread)
}

fn handshake(trust: &Trust, name: &str, port: u16) -> io::Result<()> {
    let config = client_config(trust).map_err(io::Error::other)?;
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(())
}

fn check(name: &str, trust: impl Fn(&rcgen::Certificate) -> Trust, expected: Result<(), &str>) {
    let (certified, port, thread) = server("vcenter.lab");
    let outcome = handshake(&trust(&certified.cert), name, port).map_err(|error| error.to_string());
    thread.join().expect("the server ends");
    match expected {
        Ok(()) => assert_eq!(outcome, Ok(())),
        Err(text) => assert!(outcome.as_ref().is_err_and(|why| why.contains(text)), "{outcome:?}"),
    }
}

#[test]
fn a_pinned_certificate_is_accepted_whatever_it_says_of_itself() {
    let pin = |cert: &rcgen::Certificate| Trust::Fingerprint(fingerprint(cert.der()));
    check("vcenter.lab", pin, Ok(()));
    check("another.name", pin, Ok(()));
}

#[test]
fn any_other_certificate_is_refused_and_its_fingerprint_is_told() {
    check("vcenter.lab", |_| Trust::Fingerprint([7; 32]), Err("SHA-256 fingerprint"));
}

#[test]
fn a_file_of_authorities_is_the_only_trust() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ca.pem");
    let file = |cert: &rcgen::Certificate| {
        std::fs::write(&path, cert.pem()).expect("written");
        Trust::CaFile(path.clone())
    };
    check("vcenter.lab", file, Ok(()));
    check("another.name", file, Err("not valid for name"));
    let stranger = rcgen::generate_simple_self_signed(["vcenter.lab".to_owned()]).expect("a certificate");
    check("vcenter.lab", |_| file(&stranger.cert), Err("invalid peer certificate"));
}

#[test]
fn an_error_says_its_causes_once_and_what_to_do() {
    #[derive(Debug, Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Self>>);
    let wrap = |text, inner| Layer(text, Some(Box::new(inner)));
    let refused = wrap("tcp connect error", Layer("Connection refused (os error 111)", None));
    let refused = wrap("leaf cannot be reached", wrap("error sending request", refused));
    let advice = "check its url, the network, and that its service is on";
    assert_eq!(chain(&refused), format!("leaf cannot be reached: Connection refused (os error 111); {advice}"));
    let stranger = wrap("leaf cannot be reached", Layer("invalid peer certificate: UnknownIssuer: https://x", None));
    assert!(chain(&stranger).contains("UnknownIssuer; check its ca_file"), "{}", chain(&stranger));
    assert_eq!(chain(&wrap("no", Layer("no", None))), "no");
}

/// Whether what a client that trusts `trust` makes of the server at `port` is distrust.
async fn distrusts(trust: &Trust, port: u16) -> bool {
    let client = http_client(trust, Duration::from_secs(5)).expect("a client");
    let error = client.get(format!("https://127.0.0.1:{port}")).send().await.expect_err("no HTTP");
    assert!(error.is_connect(), "{error:?}");
    is_distrust(&error)
}

#[tokio::test]
async fn a_stranger_is_told_from_nobody() {
    let file = tempfile::tempdir().expect("a directory");
    let path = file.path().join("ca.pem");
    for trust in [Trust::Fingerprint([7; 32]), Trust::CaFile(path.clone())] {
        let (certified, port, thread) = server("127.0.0.1");
        let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        std::fs::write(&path, other.cert.pem()).expect("written");
        assert!(distrusts(&trust, port).await, "{trust:?} {}", certified.cert.pem());
        thread.join().expect("the server ends");
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        // A fatal alert: `protocol_version`.
        io::Write::write_all(&mut socket, &[21, 3, 1, 0, 2, 2, 70]).expect("sent");
        drop(io::copy(&mut socket, &mut io::sink()));
    });
    assert!(!distrusts(&Trust::Fingerprint([7; 32]), port).await, "too old a TLS");
    thread.join().expect("the server ends");
    assert!(!distrusts(&Trust::Fingerprint([7; 32]), port).await, "nobody listens");
    let wrapped = |error| io::Error::other(rustls::Error::InvalidCertificate(error));
    assert!(!is_distrust(&wrapped(CertificateError::BadEncoding)), "no certificate at all");
    let weak = |error| io::Error::other(pinned_but_weak(rustls::Error::InvalidCertificate(error)));
    assert!(!is_distrust(&weak(CertificateError::BadSignature)), "the pinned certificate, with a weak key");
    assert!(is_distrust(&wrapped(CertificateError::BadSignature)), "any other one");
    assert!(is_distrust(&wrapped(CertificateError::Expired)));
}

#[test]
fn a_file_without_certificates_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ca.pem");
    assert!(matches!(client_config(&Trust::CaFile(path.clone())), Err(TlsError::CaFile { .. })));
    std::fs::write(&path, "no certificate").expect("written");
    assert!(matches!(client_config(&Trust::CaFile(path)), Err(TlsError::CaFile { .. })));
}
