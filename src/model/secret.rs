//! A secret value that cannot be printed by accident, and is wiped when dropped.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use zeroize::Zeroizing;

/// The bytes of a found secret. `Debug` shows the length alone; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_slice().hash(state);
    }
}

/// How a private key begins.
const PEM: &str = "-----BEGIN ";

/// How much of a secret a report may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redaction {
    /// Nothing but the length.
    Full,
    /// The first characters and, of long values, the last two.
    #[default]
    Partial,
    /// The value itself.
    None,
}

impl Default for Secret {
    fn default() -> Self {
        Self::new(b"")
    }
}

impl Secret {
    /// Takes a copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The raw bytes, for hashing and comparing; never for output.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a report may show of the value.
    ///
    /// Partial redaction never shows more than a quarter of the value: four leading characters and two trailing ones from
    /// 24 characters on, two leading ones from 12 on, nothing below. Of a private key it shows the label.
    pub fn redact(&self, how: Redaction) -> String {
        let text = String::from_utf8_lossy(&self.0);
        match how {
            Redaction::None => text.into_owned(),
            Redaction::Full => "*".repeat(8),
            Redaction::Partial if text.starts_with(PEM) => {
                // A key may be written on one line, so only the label itself is shown.
                let label = text[PEM.len()..].find("-----").filter(|&end| end <= 40).map_or("", |end| &text[..PEM.len() + end + 5]);
                format!("{label}********")
            }
            Redaction::Partial => {
                let chars: Vec<char> = text.chars().collect();
                let (head, tail) = match chars.len() {
                    0..12 => (0, 0),
                    12..24 => (2, 0),
                    _ => (4, 2),
                };
                let part = |c: &[char]| c.iter().map(|c| if c.is_control() { '·' } else { *c }).collect::<String>();
                format!("{}********{}", part(&chars[..head]), part(&chars[chars.len() - tail..]))
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte_of_the_value() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2")), "Secret(7 bytes)");
    }

    #[test]
    fn a_key_on_one_line_shows_its_label_alone() {
        let key = format!("-----BEGIN RSA PRIVATE KEY-----\\n{}\\n-----END RSA PRIVATE KEY-----", "MIIE".repeat(20));
        assert_eq!(Secret::new(key.as_bytes()).redact(Redaction::Partial), "-----BEGIN RSA PRIVATE KEY-----********");
        assert!(!Secret::new(format!("-----BEGIN {key}").as_bytes()).redact(Redaction::Partial).contains("MIIE"));
    }

    #[test]
    fn partial_redaction_shows_at_most_a_quarter() {
        for n in 0..200 {
            let value: Vec<u8> = (0..n).map(|i| b'a' + (i % 26) as u8).collect();
            let shown = Secret::new(&value).redact(Redaction::Partial);
            assert!(shown.chars().filter(|c| *c != '*').count() * 4 <= n.max(4), "{n}: {shown}");
        }
    }
}
