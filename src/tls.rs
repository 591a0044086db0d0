//! Whom a client trusts, and the one way in which this service opens HTTPS connections.

use std::{error::Error, io, path::PathBuf, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
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
    if ["UnsupportedCertVersion", "WeakKey", "ProtocolVersion"].iter().any(|word| line.contains(word)) {
        return Some(
            "its TLS is too old (below 1.2, X.509 v1, RSA below 2048 bits): renew its certificate, or use SSH",
        );
    }
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
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms).map_err(pinned_but_weak)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms).map_err(pinned_but_weak)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate is the pinned one, and its signature is not accepted: so a key of 1024 bits ends. It might be somebody
/// who has only copied the certificate, so nothing is sent to it; another way to the switch has its own proof.
fn pinned_but_weak(error: rustls::Error) -> rustls::Error {
    if error == rustls::Error::InvalidCertificate(CertificateError::BadSignature) {
        return rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(WeakKey))));
    }
    error
}

/// See [`pinned_but_weak`].
#[derive(Debug, Error)]
#[error("the certificate is the pinned one, but its signature is not accepted: is its RSA key shorter than 2048 bits?")]
struct WeakKey;

#[cfg(test)]
mod tests;
