//! Values in the syntax that people write: durations, addresses, fingerprints, VLAN lists.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use vmtracker_core::{net::VlanSet, nexus::nxapi::Dialect, tracker::Save};

/// `500ms`, `5s`, `60m`, `2h`; a whole number and one unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as \"500ms\", \"5s\", \"60m\" or \"2h\"");
    let at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = text.split_at_checked(at).ok_or_else(wrong)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).map(Duration::from_millis).ok_or_else(wrong)
}

/// `after 5m`, `at 03:30` (UTC) or `never`.
pub(super) fn save(text: &str) -> Result<Save, String> {
    let wrong = || format!("{text:?} is no time to save; use \"after 5m\", \"at 03:30\" (UTC) or \"never\"");
    match text.split_once(' ') {
        None if text == "never" => Ok(Save::Never),
        Some(("after", span)) => duration(span).map(Save::After),
        Some(("at", clock)) => time_of_day(clock).map(Save::At).ok_or_else(wrong),
        Some(_) | None => Err(wrong()),
    }
}

/// `03:30`, as the time since midnight.
fn time_of_day(text: &str) -> Option<Duration> {
    let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5)?;
    let number =
        |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse::<u64>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then(|| Duration::from_secs((hours * 60 + minutes) * 60))
}

/// `auto`, which is none, or a dialect's name.
pub(super) fn dialect(text: &str) -> Result<Option<Dialect>, String> {
    let named = Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == text);
    match (text, named) {
        ("auto", _) => Ok(None),
        (_, Some(dialect)) => Ok(Some(dialect)),
        (_, None) => {
            let names = Dialect::ALL.map(|dialect| format!("{:?}", dialect.as_str())).join(", ");
            Err(format!("{text:?} is no dialect of NX-API; use \"auto\", {names}"))
        }
    }
}

/// The SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons.
pub(super) fn fingerprint(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "is not a SHA-256 fingerprint (64 hexadecimal digits, colons allowed)".to_owned();
    let digits: Vec<u8> =
        text.chars().filter(|letter| *letter != ':').map(digit).collect::<Option<_>>().ok_or_else(wrong)?;
    let bytes: Vec<u8> = digits.chunks(2).filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect();
    match digits.len() {
        64 => bytes.try_into().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn digit(letter: char) -> Option<u8> {
    u8::try_from(letter.to_digit(16)?).ok()
}

/// The host part of an address; none: it has none.
pub(super) fn host(url: &str) -> Option<String> {
    reqwest::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// `https://host[:port]` and nothing more; returned without the slash at its end.
pub(super) fn https_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|why| format!("{text:?} is not an address: {why}"))?;
    if url.scheme() != "https" {
        return Err("must begin with https://: a password would be readable on the way".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry a login; use username and password_file".to_owned());
    }
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    match bare {
        true => Ok(url.as_str().trim_end_matches('/').to_owned()),
        false => Err("must be https://host[:port] without a path; the path of the API is added".to_owned()),
    }
}

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`; port 22 if there is none.
pub(super) fn host_and_port(text: &str) -> Result<(String, u16), String> {
    let wrong = || format!("{text:?} is not host or host:port (an IPv6 address in brackets)");
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or_else(wrong)?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let letters = if text.starts_with('[') { ".:%-_" } else { ".-_" };
    let plain = host.chars().all(|letter| letter.is_ascii_alphanumeric() || letters.contains(letter));
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0),
        None => port.is_empty().then_some(22),
    };
    match port {
        Some(port) if plain && !host.is_empty() => Ok((host.to_owned(), port)),
        Some(_) | None => Err(wrong()),
    }
}

/// The SHA-256 fingerprint of a host key: as OpenSSH shows it (`SHA256:` and base64), or hexadecimal.
pub(super) fn host_key(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "is not a SHA-256 fingerprint (SHA256: and 43 letters, or 64 hexadecimal digits)".to_owned();
    match text.strip_prefix("SHA256:") {
        Some(text) => {
            let octets = BASE64_STANDARD_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| wrong())?;
            octets.try_into().map_err(|_| wrong())
        }
        None => fingerprint(text).map_err(|_| wrong()),
    }
}

/// A list of VLANs as a switch writes it: `100-199,300`.
pub(super) fn vlans(text: &str) -> Result<VlanSet, String> {
    text.parse().map_err(|why: vmtracker_core::net::ParseVlanSetError| why.to_string())
}

/// VLANs that a person may not ask for: 1 is never touched (design rule 1), and 1002–1005 exist on every switch of
/// Cisco for Token Ring and FDDI. What else a switch keeps for itself is read from the switch.
pub(super) fn untouchable() -> VlanSet {
    "1,1002-1005".parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_save_has_a_time() {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let check = |text: &str, expected: Option<Save>| assert_eq!(save(text).ok(), expected, "{text}");
        check("after 5m", Some(Save::After(minutes(5))));
        check("at 03:30", Some(Save::At(minutes(210))));
        check("never", Some(Save::Never));
        for wrong in ["", "after", "after 5", "at 24:00", "at 3:30", "at 03:60", "always", "at +3:30"] {
            check(wrong, None);
        }
    }

    #[test]
    fn durations_have_one_unit() {
        let check = |text: &str, ms: Option<u64>| {
            assert_eq!(duration(text).ok(), ms.map(Duration::from_millis), "{text}");
        };
        check("500ms", Some(500));
        check("5s", Some(5_000));
        check("60m", Some(3_600_000));
        check("2h", Some(7_200_000));
        for wrong in ["", "5", "s", "1.5s", "-5s", "5 s", "5d", "99999999999999999999h", "9999999999999999h"] {
            check(wrong, None);
        }
    }

    #[test]
    fn addresses_are_https_and_bare() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(https_url(text).ok().as_deref(), expected, "{text}");
        check("https://vc1.example", Some("https://vc1.example"));
        check("https://vc1.example:8443/", Some("https://vc1.example:8443"));
        check("https://[::1]:443/", Some("https://[::1]"));
        check("http://vc1.example", None);
        check("https://vc1.example/sdk", None);
        check("https://me:secret@vc1.example", None);
        check("vc1.example", None);
    }

    #[test]
    fn a_fingerprint_has_32_octets() {
        assert_eq!(
            fingerprint(&"ab:".repeat(31).chars().chain("CD".chars()).collect::<String>()).map(|it| it[31]),
            Ok(0xcd)
        );
        for wrong in ["", "ab", &"ab".repeat(33), &"xy".repeat(32)] {
            assert!(fingerprint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ssh_address_has_a_host_and_may_have_a_port() {
        let check = |text: &str, expected: Option<(&str, u16)>| {
            let found = host_and_port(text).ok();
            assert_eq!(found.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{text}");
        };
        check("leaf-1.example", Some(("leaf-1.example", 22)));
        check("192.0.2.1:2222", Some(("192.0.2.1", 2222)));
        check("[2001:db8::1]", Some(("2001:db8::1", 22)));
        check("[2001:db8::1]:830", Some(("2001:db8::1", 830)));
        for wrong in ["", ":22", "a:", "a:0", "a:65536", "a:b", "2001:db8::1", "[::1", "[::1]22", "me@a", "a b", "[]"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_host_key_is_told_in_either_form() {
        let octets: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 8).unwrap_or_default());
        let base64 = "SHA256:AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg";
        assert_eq!(host_key(base64), Ok(octets));
        assert_eq!(host_key(&format!("{base64}=")), Ok(octets));
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(host_key(&hex), Ok(octets));
        for wrong in ["", "SHA256:", "SHA256:AAgQ", "SHA256:AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8P*", "MD5:aa:bb"] {
            assert!(host_key(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,70}") {
            drop((duration(&text), fingerprint(&text), https_url(&text), vlans(&text)));
            drop((host_and_port(&text), host_key(&text), host_key(&format!("SHA256:{text}"))));
        }
    }
}
