//! Keys and certificates, in memory.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use sha1::{Digest, Sha1};

use crate::names::AltName;

/// How long certificates are good, as certipy's.
const YEARS: i32 = 5;

/// A key and its certificate as PEM.
pub(crate) struct Made {
    pub key: String,
    pub certificate: String,
}

/// An authority that signs certificates of servers and clients, but no authorities.
pub(crate) fn authority(name: &str, now: DateTime<Utc>) -> Result<Made, rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = parameters(name, now)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // RFC 5280, 4.2.1.2, method 1: what certipy takes the authority's identifier to be.
    params.key_identifier_method = KeyIdMethod::PreSpecified(Sha1::digest(key.public_key_raw()).to_vec());
    let certificate = params.self_signed(&key)?;
    Ok(Made { key: key.serialize_pem(), certificate: certificate.pem() })
}

/// A certificate for both ends of a connection, signed by an authority of which key and certificate are given as PEM.
pub(crate) fn signed(
    name: &str,
    alt_names: &[AltName],
    authority_key: &str,
    authority: &str,
    now: DateTime<Utc>,
) -> Result<Made, rcgen::Error> {
    let issuer = Issuer::from_ca_cert_pem(authority, KeyPair::from_pem(authority_key)?)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = parameters(name, now)?;
    params.subject_alt_names = alt_names.iter().map(AltName::to_rcgen).collect::<Result<_, _>>()?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer)?;
    Ok(Made { key: key.serialize_pem(), certificate: certificate.pem() })
}

fn parameters(name: &str, now: DateTime<Utc>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    // Clocks of other machines may be late.
    params.not_before = day(now - TimeDelta::days(1), 0);
    params.not_after = day(now, YEARS);
    Ok(params)
}

fn day(time: DateTime<Utc>, years: i32) -> time::OffsetDateTime {
    // There is no 29 February in most years.
    let number = if (time.month(), time.day()) == (2, 29) { 28 } else { time.day() };
    date_time_ymd(
        time.year() + years,
        u8::try_from(time.month()).unwrap_or(1),
        u8::try_from(number).unwrap_or(1),
    )
}

/// When the certificate that begins this PEM text ends.
pub(crate) fn end_of(pem: &str) -> Option<DateTime<Utc>> {
    let (_, parsed) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    DateTime::from_timestamp(parsed.parse_x509().ok()?.validity().not_after.timestamp(), 0)
}
