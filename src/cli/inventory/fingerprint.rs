//! `keysweep inventory fingerprint`: keyed fingerprints of secrets, made where the secrets are.

use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::key;
use crate::cli::output::{line, note};
use crate::inventory::{Stored, secret, secrets};
use crate::model::{digest_bytes, fingerprint, fingerprint_of, key_id};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};
use zeroize::Zeroizing;

/// Most bytes of input.
const MOST: u64 = 1 << 30;

/// Reads secrets from standard input and prints their fingerprints.
pub(super) fn run(args: &args::Fingerprint) -> Result<Exit> {
    let key = key::load(args.key.as_deref())?;
    let text = input("vault kv get -format=json kv/app | keysweep inventory fingerprint --path kv/app --key org.key")?;
    if args.key.is_none() {
        note("warning: made with this user's own key; whoever scans needs the same one, so give both --key");
    }
    let printed = if args.digests {
        digests(&text, args, &key)?
    } else {
        stored(&text, args)?.iter().map(|s| print(s, args, &key)).collect::<Result<Vec<()>>>()?.len()
    };
    if printed == 0 {
        note("warning: no secret in the input: texts of fewer than 6 bytes are none");
    }
    Ok(Exit::Clean)
}

/// All of standard input, which must not be a terminal: what is typed there stays on the screen.
pub(super) fn input(example: &str) -> Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        bail!("a secret that is typed is seen and stays in the terminal's memory; give it through a pipe: `{example}`");
    }
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().take(MOST).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 == MOST {
        bail!("standard input has {} MiB or more; give it in parts", MOST >> 20);
    }
    let text = std::str::from_utf8(&bytes).context("standard input is not UTF-8; encode a binary secret in base64")?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn stored(text: &str, args: &args::Fingerprint) -> Result<Vec<Stored>> {
    let path = args.path.as_deref();
    if args.lines {
        return Ok(text.lines().flat_map(|l| secret(l, path)).collect());
    }
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(secret(text, path));
    }
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        // The position tells where; the text around it might be a secret.
        let mut value =
            value.map_err(|e| anyhow::anyhow!("line {}, column {}: is no JSON; for raw secrets use --lines", e.line(), e.column()))?;
        found.extend(secrets(&mut value, path));
    }
    Ok(found)
}

fn print(stored: &Stored, args: &args::Fingerprint, key: &[u8; 32]) -> Result<()> {
    let mut object =
        json!({"kfp1": fingerprint(key, stored.secret.as_bytes()), "kid": key_id(key), "len": stored.secret.trim_end_matches('\n').len()});
    let told = [
        ("source", args.source.clone()),
        ("path", Some(stored.path.clone()).filter(|p| !p.is_empty())),
        ("version", stored.version.clone()),
        ("created", stored.created.clone()),
        ("owner", stored.owner.clone()),
        ("form", stored.decoded.then(|| "base64-decoded".to_owned())),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            object[name] = Value::from(value);
        }
    }
    line(&object.to_string())
}

/// Lines of a path and a SHA-256.
fn digests(text: &str, args: &args::Fingerprint, key: &[u8; 32]) -> Result<usize> {
    let mut printed = 0;
    for (number, text) in (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty()) {
        let (path, digest) = text.rsplit_once([' ', '\t', ',']).unwrap_or((args.path.as_deref().unwrap_or_default(), text));
        let Some(digest) = digest_bytes(digest).and_then(|d| <[u8; 32]>::try_from(d).ok()) else {
            bail!("line {number}: ends in no SHA-256; write `PATH HEX`, such as the output of `sha256sum` the other way round");
        };
        let mut object = json!({"kfp1": fingerprint_of(key, &digest), "kid": key_id(key)});
        for (name, value) in [("source", args.source.as_deref()), ("path", Some(path.trim()).filter(|p| !p.is_empty()))] {
            if let Some(value) = value {
                object[name] = Value::from(value);
            }
        }
        line(&object.to_string())?;
        printed += 1;
    }
    Ok(printed)
}
