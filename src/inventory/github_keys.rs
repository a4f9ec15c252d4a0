//! GitHub and GitLab: SSH keys of repositories and users; their fingerprints are computed from the public keys.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Class, Has, Key, KeyKind, RecordKind, SourceClass, Status};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

/// `github-keys`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "github-keys"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["github", "gitlab", "ssh"] }
    }

    fn command(&self) -> &'static str {
        "gh api --paginate /repos/OWNER/REPO/keys; gh api --paginate /users/USER/keys; GitLab: /projects/ID/deploy_keys"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no end; who added a key does not own it"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.object.contains_key("id") && element.text(&["key"]).is_some_and(|k| is_public(&k))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let (Some(id), Some(public)) = (element.text(&["id"]), element.text(&["key"])) else {
            return context.warn(element, "a key without id or public key; left out");
        };
        let is_gitlab = element.object.contains_key("fingerprint_sha256") || element.object.contains_key("projects_with_write_access");
        let provider = if is_gitlab { "gitlab" } else { "github" };
        let mut record = context.record(SourceClass::Issuer, provider, RecordKind::SshKey, &id);
        match fingerprint(&public) {
            Some(print) => record.keys.extend(Key::new(KeyKind::SshSha256, &print)),
            None => context.warn(element, "the public key is cut off or changed; its record joins with nothing"),
        }
        record.display = element.text(&["title"]).map(Into::into);
        record.principal = if element.object.contains_key("read_only") { Class::Workload } else { Class::Unknown };
        record.created = element.time(&["created_at"]);
        record.last_used = element.time(&["last_used"]).or_else(|| element.time(&["last_used_at"]));
        record.expires = element.time(&["expires_at"]);
        record.status = if element.text(&["enabled"]).is_some_and(|e| e == "false") { Status::Inactive } else { Status::Active };
        for detail in ["added_by", "read_only"] {
            if let Some(value) = element.text(&[detail]) {
                record.details.insert(detail.to_owned(), value);
            }
        }
        let scope = context.scope().map(str::to_owned);
        let has = Has { last_used: true, fingerprint: true, expiry: is_gitlab, ..Has::default() };
        context.covers(SourceClass::Issuer, provider, RecordKind::SshKey, scope.as_deref(), scope.is_some(), has);
        context.push(record);
    }
}

fn is_public(key: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|form| key.starts_with(form))
}

/// The OpenSSH fingerprint of a public key as `authorized_keys` has it.
pub(super) fn fingerprint(public: &str) -> Option<String> {
    let mut words = public.split_whitespace();
    words.next().filter(|t| is_public(t))?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    Some(STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_public_key_gives_its_fingerprint() {
        let key = format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} ci", "A".repeat(43));
        let text = format!(
            "[{{\"id\":77,\"key\":\"{key}\",\"title\":\"argo\",\"created_at\":\"2022-01-01T00:00:00Z\",\"read_only\":false,\"added_by\":\"kim\",\"last_used\":null}}]"
        );
        let register = read_text("keys.json", &text, Vec::new());
        let record = &register.records[0];
        assert!(record.keys.iter().any(|k| k.kind == KeyKind::SshSha256 && k.value.len() == 43), "{:?}", record.keys);
        assert_eq!(record.owner, None, "who added a key does not own it");
    }
}
