//! The certificate authorities that outgoing connections trust: the system's, and those of `--ca-file`. It connects to
//! nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use data_encoding::BASE64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The system's authorities, read once. One that cannot be used is left out, as all TLS clients do.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "a certificate authority of the system could not be read");
    }
    found.certs.into_iter().filter(is_usable).collect()
});

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file was not read, or is no PEM.
    #[error("{} could not be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, rustls::pki_types::pem::Error),
    /// The file has no certificate.
    #[error("{} holds no certificate in PEM form", .0.display())]
    Empty(PathBuf),
    /// A certificate of the file cannot be an authority.
    #[error("{} cannot be used: its certificate {} is no authority", .0.display(), .1)]
    Unusable(PathBuf, usize),
}

/// Certificate authorities. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    /// Those of `--ca-file`.
    own: Arc<Vec<CertificateDer<'static>>>,
}

impl Authorities {
    /// The system's alone.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The system's, and those of a file in PEM form.
    ///
    /// # Errors
    /// The file cannot be read, is empty, or has a certificate that cannot be used.
    pub fn with_file(path: &Path) -> Result<Self, AuthoritiesError> {
        let unreadable = |error| AuthoritiesError::Unreadable(path.to_owned(), error);
        let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
        let own: Vec<_> = certificates.collect::<Result<_, _>>().map_err(unreadable)?;
        if own.is_empty() {
            return Err(AuthoritiesError::Empty(path.to_owned()));
        }
        if let Some(wrong) = own.iter().position(|certificate| !is_usable(certificate)) {
            return Err(AuthoritiesError::Unusable(path.to_owned(), wrong + 1));
        }
        Ok(Self { own: Arc::new(own) })
    }

    /// Those of the file in PEM form; none without a file. PostgreSQL's client reads the system's by itself.
    pub(crate) fn own_pem(&self) -> Option<Vec<u8>> {
        (!self.own.is_empty()).then(|| pem(self.own.iter()))
    }

    /// All in PEM form. The client of Redis trusts only what it is given.
    pub(crate) fn pem(&self) -> Vec<u8> {
        pem(self.all())
    }

    /// All for the HTTP client, which trusts only what it is given.
    pub(crate) fn for_http(&self) -> ureq::tls::RootCerts {
        self.all().map(|certificate| ureq::tls::Certificate::from_der(certificate).to_owned()).into()
    }

    fn all(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        SYSTEM.iter().chain(self.own.iter())
    }
}

/// Whether a client can check a chain against this certificate.
fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn pem<'a>(certificates: impl Iterator<Item = &'a CertificateDer<'static>>) -> Vec<u8> {
    let one = |certificate: &CertificateDer<'_>| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(certificate))
    };
    certificates.map(one).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let error = || Authorities::with_file(&path).unwrap_err().to_string();
        assert!(error().contains("ca.pem could not be read"), "{}", error());
        std::fs::write(&path, "no certificate").unwrap();
        assert!(error().contains("ca.pem holds no certificate"), "{}", error());
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(error().contains("its certificate 1 is no authority"), "{}", error());
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
        assert!(error().contains("ca.pem could not be read"), "{}", error());
    }

    #[test]
    fn the_text_form_is_read_back_unchanged() {
        let own = [1, 2, 3].map(|byte| CertificateDer::from(vec![byte; 700])).to_vec();
        let authorities = Authorities { own: Arc::new(own.clone()) };
        let text = authorities.own_pem().unwrap();
        let read: Vec<_> = CertificateDer::pem_slice_iter(&text).map(Result::unwrap).collect();
        assert_eq!(read, own);
        assert_eq!(Authorities::system().own_pem(), None);
    }
}
