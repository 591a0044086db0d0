//! Whom a client trusts, and the one way in which this service opens HTTPS connections.

use std::{error::Error, io, path::PathBuf, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs as aws_lc, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem, pem::PemObject},
};
use thiserror::Error;

/// Whom a client trusts when it opens a TLS connection. There is no way to trust anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The machine's own certificate store.
    System,
    /// The authorities in this PEM file, and no other.
    CaFile(PathBuf),
    /// The one certificate with this SHA-256 fingerprint, whatever it says of itself.
    Fingerprint([u8; 32]),
}

/// Why no connection could even be tried.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file of authorities cannot be read, or holds no certificate.
    #[error("{path} cannot be read as certificates in PEM")]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// The file holds a certificate that is no authority's.
    #[error("{path} holds a certificate that cannot be trusted as an authority")]
    Authority {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// The machine has no certificate store.
    #[error("this machine has no certificate store; name a file of authorities or a fingerprint")]
    NoSystemStore(#[source] io::Error),
    /// The cryptographic library refuses its own protocol versions.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
}

/// What the layers of the HTTP client say of each other, which helps nobody.
const LAYERS: [&str; 4] = ["error sending request", "client error (", "tcp connect error", "request or response body"];

/// An error and all its causes in one line and, where that is known, what to do.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // rustls ends some texts with the address of its manual.
        let text = text.split(": https://").next().unwrap_or_default();
        // Some libraries repeat their cause in their own text; once is enough.
        if !line.contains(text) && !LAYERS.iter().any(|layer| text.starts_with(layer)) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    let advice = advise(&line).filter(|advice| !line.contains(advice));
    advice.map_or(line.clone(), |advice| format!("{line}; {advice}"))
}

/// The other side was heard, and is not trusted: a certificate of somebody else, or out of its time. What cannot be
/// read as a certificate, as X.509 v1 (facts: NX-OS §1.7), or not be checked, is not this.
pub fn is_distrust(error: &(dyn Error + 'static)) -> bool {
    use CertificateError::{
        BadEncoding, Other, UnsupportedSignatureAlgorithmContext, UnsupportedSignatureAlgorithmForPublicKeyContext,
    };
    match rustls_error(error) {
        Some(rustls::Error::InvalidCertificate(
            BadEncoding
            | Other(_)
            | UnsupportedSignatureAlgorithmContext { .. }
            | UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        )) => false,
        found => matches!(found, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::General(_))),
    }
}

/// What rustls said, below what was made of it.
fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An I/O error hides what it was made of, and tells that one's causes as its own.
        let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = hidden.map_or_else(|| error.source(), |hidden| Some(hidden as &'a (dyn Error + 'static)));
    }
    None
}

/// What to do about a connection that does not stand.
fn advise(line: &str) -> Option<&'static str> {
    let certificate = line.contains("certificate");
    let unheard = line.contains("onnection re") || line.contains("dns error") || line.contains("unreachable");
    match (certificate, unheard) {
        (true, _) => Some("check its ca_file or fingerprint_sha256 in the configuration"),
        (false, true) => Some("check its url, the network, and that its service is on"),
        (false, false) => None,
    }
}

/// How long a silent connection lasts before the kernel asks whether the other side is there. A long poll is silent
/// for up to a minute; firewalls forget after five.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A TLS configuration that trusts exactly `trust`, with TLS 1.2 and 1.3 of aws-lc.
///
/// # Errors
/// A file of authorities that cannot be used, or a machine without a certificate store.
pub fn client_config(trust: &Trust) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
    let builder = match trust {
        Trust::System => builder.with_root_certificates(system_roots()?),
        Trust::CaFile(path) => builder.with_root_certificates(file_roots(path)?),
        Trust::Fingerprint(expected) => {
            let verifier = Pinned { expected: *expected, provider };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    Ok(builder.with_no_client_auth())
}

/// An HTTPS client that trusts exactly `trust`: no proxy, no redirects. It has no timeout of its own but the one for
/// connecting: every call brings its own.
///
/// # Errors
/// As [`client_config`].
pub fn http_client(trust: &Trust, connect_timeout: Duration) -> Result<reqwest::Client, TlsError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(trust)?)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout)
        .tcp_keepalive(KEEPALIVE)
        .build()
        .map_err(TlsError::Http)
}

/// The SHA-256 fingerprint of a certificate in DER.
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let hash = digest(&SHA256, der);
    out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Certificates that the machine has but rustls cannot read are left out, as everybody does.
fn system_roots() -> Result<RootCertStore, TlsError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        return Err(TlsError::NoSystemStore(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(roots)
}

fn file_roots(path: &PathBuf) -> Result<RootCertStore, TlsError> {
    let unreadable = |source| TlsError::CaFile { path: path.clone(), source };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|source| TlsError::Authority { path: path.clone(), source })?;
    }
    if roots.is_empty() {
        return Err(unreadable(pem::Error::NoItemsFound));
    }
    Ok(roots)
}

/// Accepts one certificate, by its fingerprint: name, age and issuer do not matter. The server must still prove that
/// it holds the certificate's key.
#[derive(Debug)]
struct Pinned {
    expected: [u8; 32],
    provider: Arc<CryptoProvider>,
}

/// Another certificate than the pinned one.
#[derive(Debug, Error)]
#[error("the server's certificate has the SHA-256 fingerprint {0}, which is not the configured one")]
struct Mismatch(String);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = fingerprint(end_entity);
        if found == self.expected {
            return Ok(ServerCertVerified::assertion());
        }
        let text = found.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":");
        // Not `CertificateError::Other`: that one is shown as Rust's own debug text.
        Err(rustls::Error::General(Mismatch(text).to_string()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
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
        let stranger =
            wrap("leaf cannot be reached", Layer("invalid peer certificate: UnknownIssuer: https://x", None));
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
}
