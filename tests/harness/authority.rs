//! A certificate authority of the test's own, with one certificate for all servers of this machine; its files go with
//! it.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

use crate::redis::TlsFiles;

/// Names under which tests reach their servers.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// An authority. No system trusts it.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
    /// The certificate of all servers, in PEM form.
    pub certificate: String,
    /// The key of that certificate, in PEM form.
    pub key: String,
}

impl Authority {
    /// Makes an authority and the certificate of its servers.
    #[must_use]
    pub fn new() -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "an authority of the tests");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let root_key = KeyPair::generate().expect("a key");
        let root_certificate = root.self_signed(&root_key).expect("a certificate");
        let mut server = CertificateParams::new(NAMES.map(str::to_owned)).expect("names");
        server.distinguished_name.push(DnType::CommonName, "a server of the tests");
        let key = KeyPair::generate().expect("a key");
        let certificate = server.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Self { folder, certificate: certificate.pem(), key: key.serialize_pem() };
        let files = authority.files();
        for (file, text) in [
            (files.authority, root_certificate.pem()),
            (files.certificate, authority.certificate.clone()),
            (files.key, authority.key.clone()),
        ] {
            std::fs::write(file, text).expect("the folder can be written");
        }
        authority
    }

    /// The file of the authority's own certificate: the setting `--ca-file`.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The files of a server.
    #[must_use]
    pub fn files(&self) -> TlsFiles {
        let file = |name: &str| self.folder.path().join(name);
        TlsFiles { authority: self.ca_file(), certificate: file("server.pem"), key: file("server.key") }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
