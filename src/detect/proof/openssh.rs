//! The container of OpenSSH private keys.
//!
//! Source: OpenSSH's `PROTOCOL.key`.

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// What a decoded body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// A whole container with a readable key.
    Plain,
    /// A container whose key needs a passphrase.
    Encrypted,
    /// A container that is cut off or damaged.
    Broken,
    /// Something else.
    Other,
}

/// Looks at the head of a container, and at the check numbers of a readable key, which are equal in a whole one.
pub(super) fn container(body: &[u8]) -> Container {
    let Some(rest) = body.strip_prefix(MAGIC) else {
        return Container::Other;
    };
    parse(rest).unwrap_or(Container::Broken)
}

/// The public key of a container, which stands in clear in an encrypted one too.
pub(in crate::detect) fn public_of_openssh(body: &[u8]) -> Option<&[u8]> {
    let mut input = body.strip_prefix(MAGIC)?;
    for _ in 0..3 {
        string(&mut input)?;
    }
    let (_, rest) = input.split_first_chunk::<4>()?;
    input = rest;
    string(&mut input)
}

fn parse(mut input: &[u8]) -> Option<Container> {
    let cipher = string(&mut input)?;
    let _derivation = string(&mut input)?;
    let _options = string(&mut input)?;
    let (keys, rest) = input.split_first_chunk::<4>()?;
    input = rest;
    let _public = string(&mut input)?;
    let private = string(&mut input)?;
    if *keys != [0, 0, 0, 1] {
        return None;
    }
    if cipher != b"none" {
        return Some(Container::Encrypted);
    }
    let (first, rest) = private.split_first_chunk::<4>()?;
    let (second, _) = rest.split_first_chunk::<4>()?;
    (first == second).then_some(Container::Plain)
}

/// The next string: four bytes of length, most significant first, and as many bytes.
fn string<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = input.split_first_chunk::<4>()?;
    let (data, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    *input = rest;
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(cipher: &str, checks: [u8; 2]) -> Vec<u8> {
        let string = |data: &[u8]| [&(data.len() as u32).to_be_bytes(), data].concat();
        let private = [[0, 0, 0, checks[0]], [0, 0, 0, checks[1]]].concat();
        let head = [string(cipher.as_bytes()), string(b"none"), string(b"")].concat();
        [MAGIC, &head, &[0, 0, 0, 1], &string(b"public"), &string(&private)].concat()
    }

    #[test]
    fn containers_say_whether_they_are_readable() {
        assert_eq!(container(&key("none", [7, 7])), Container::Plain);
        assert_eq!(container(&key("none", [7, 8])), Container::Broken);
        assert_eq!(container(&key("aes256-ctr", [7, 8])), Container::Encrypted);
        assert_eq!(container(&key("none", [7, 7])[1..]), Container::Other);
        let whole = key("none", [7, 7]);
        assert!((MAGIC.len()..whole.len()).all(|cut| container(&whole[..cut]) == Container::Broken));
    }
}
