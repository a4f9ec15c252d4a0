//! AWS: users, roles and groups of an account with their policies, `aws iam get-account-authorization-details`, `list-users`, `list-roles`.

use super::context::{Context, ENVIRONMENT_TAGS, Element, OWNER_TAGS, text};
use super::{Importer, Speaks, words};
use crate::model::{Class, Has, Key, KeyKind, OwnedBy, Record, RecordKind, SourceClass, Status};
use serde_json::Value;

/// `aws-authorization-details`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "aws-authorization-details"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["aws"] }
    }

    fn command(&self) -> &'static str {
        "aws iam get-account-authorization-details --output json"
    }

    fn lacks(&self) -> &'static str {
        "no access key ids: add `aws iam list-access-keys` for each user"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let any = |ids: &[&str]| ids.iter().any(|i| element.object.contains_key(*i));
        let is_principal = any(&["UserId", "RoleId", "GroupId"]) && any(&["UserName", "RoleName", "GroupName"]);
        element.object.contains_key("Arn") && (is_principal || is_policy(element))
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        if is_policy(element) {
            return; // what is attached to whom stands with the principals
        }
        let Some(arn) = element.text(&["Arn"]) else {
            return context.warn(element, "a principal without an ARN; left out");
        };
        let of = |kinds: [&str; 3]| kinds.iter().find_map(|k| element.text(&[k]));
        let name = of(["UserName", "RoleName", "GroupName"]).unwrap_or_default();
        let kind = match () {
            () if element.object.contains_key("RoleId") => RecordKind::Role,
            () if element.object.contains_key("GroupId") => RecordKind::Group,
            () => RecordKind::User,
        };
        let account = arn.split(':').nth(4).filter(|a| !a.is_empty()).map(str::to_owned);
        let mut record = context.record(SourceClass::Issuer, "aws", kind, &arn);
        record.keys.extend(Key::new(KeyKind::AwsArn, &arn));
        record.keys.extend(of(["UserId", "RoleId", "GroupId"]).and_then(|id| Key::new(KeyKind::AwsUid, &id)));
        record.scope = account.as_deref().map(Into::into);
        record.created = element.time(&["CreateDate"]);
        record.last_used = element.time(&["RoleLastUsed", "LastUsedDate"]).or_else(|| element.time(&["PasswordLastUsed"]));
        record.owner = element.tag(&["Tags"], OWNER_TAGS).and_then(|o| words::owner(&o, OwnedBy::Tag));
        record.environment = element.tag(&["Tags"], ENVIRONMENT_TAGS).map(Into::into);
        record.purpose = element.text(&["Description"]).map(Into::into);
        record.status = Status::Active;
        record.principal = if kind == RecordKind::Role { Class::Workload } else { Class::Unknown };
        if may_do_all(element) {
            record.privileges.push("admin".into());
        }
        memberships(element, account.as_deref(), &mut record);
        trust(element, account.as_deref(), &mut record);
        record.display = Some(name.into());
        let has = Has { owner: true, last_used: true, ..Has::default() };
        let whole = is_list_of_all(element);
        context.covers(SourceClass::Issuer, "aws", kind, account.as_deref(), whole, has);
        context.push(record);
    }
}

/// Whether an element stands in a list of all there are, rather than of those of one group, user or instance profile.
fn is_list_of_all(element: &Element<'_>) -> bool {
    let is_of = |field: &str| element.outer.is_some_and(|o| o.contains_key(field));
    match element.envelope {
        "UserDetailList" | "RoleDetailList" | "GroupDetailList" => true,
        "Users" => !is_of("Group"),
        "Roles" => !is_of("InstanceProfileId"),
        _ => false, // a user's groups are listed as all groups are
    }
}

/// The groups of a user give it their rights.
fn memberships(element: &Element<'_>, account: Option<&str>, record: &mut Record) {
    for group in element.list(&["GroupList"]).iter().filter_map(text) {
        let arn = format!("arn:aws:iam::{}:group/{group}", account.unwrap_or_default());
        record.of.extend(Key::new(KeyKind::AwsArn, &arn));
    }
}

/// Whether an attached policy is the administrator's, or an inline one allows everything.
fn may_do_all(element: &Element<'_>) -> bool {
    let attached = element
        .list(&["AttachedManagedPolicies"])
        .iter()
        .any(|p| p.get("PolicyName").and_then(Value::as_str) == Some("AdministratorAccess"));
    let inline = ["UserPolicyList", "RolePolicyList", "GroupPolicyList"].iter().flat_map(|f| element.list(&[f]));
    attached || inline.filter_map(|p| document(p.get("PolicyDocument")?)).any(|policy| statements(&policy).iter().any(allows_all))
}

fn allows_all(statement: &Value) -> bool {
    let is_all = |field: &str| match statement.get(field) {
        Some(Value::String(text)) => text == "*" || text == "*:*",
        Some(Value::Array(list)) => list.iter().any(|v| v == "*" || v == "*:*"),
        _ => false,
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Allow") && is_all("Action") && is_all("Resource")
}

/// A policy, as an object or as URL-encoded text.
fn document(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        Value::String(text) => serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&unescaped(text)).ok()),
        _ => None,
    }
}

/// Percent-encoding undone.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn statements(policy: &Value) -> &[Value] {
    match policy.get("Statement") {
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// Who may assume a role: OIDC subjects, and whether another account's principal may.
fn trust(element: &Element<'_>, account: Option<&str>, record: &mut Record) {
    let Some(policy) = element.at(&["AssumeRolePolicyDocument"]).and_then(document) else { return };
    let mut subjects: Vec<String> = Vec::new();
    for statement in statements(&policy) {
        let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
        for (_, condition) in conditions {
            let keys = condition.as_object().into_iter().flatten().filter(|(key, _)| key.ends_with(":sub"));
            keys.for_each(|(_, value)| match value {
                Value::Array(list) => subjects.extend(list.iter().filter_map(text)),
                one => subjects.extend(text(one)),
            });
        }
        let principals = statement.get("Principal").and_then(|p| p.get("AWS"));
        let named = principals.map(|p| p.as_array().map_or_else(|| Vec::from_iter(text(p)), |l| l.iter().filter_map(text).collect()));
        let foreign = |p: &String| p != "*" && p.bytes().any(|b| b.is_ascii_digit()) && account.is_some_and(|a| !p.contains(a));
        record.third_party |= named.unwrap_or_default().iter().any(foreign);
        if let Some(provider) = statement.get("Principal").and_then(|p| p.get("Federated")).and_then(text) {
            record.details.insert("federated".to_owned(), provider);
        }
    }
    if !subjects.is_empty() {
        record.details.insert("subjects".to_owned(), subjects.join("\n"));
    }
    if let Some(used) = element.at(&["RoleLastUsed", "Region"]).and_then(text) {
        record.details.insert("last_used_region".to_owned(), used);
    }
}

/// A managed policy, which the answer lists beside the principals.
fn is_policy(element: &Element<'_>) -> bool {
    element.has(&["PolicyId", "PolicyName"])
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::{KeyKind, OwnedBy, RecordKind};

    #[test]
    fn those_of_one_group_or_profile_are_not_all_of_an_account() {
        let role = r#"{"RoleName":"web","RoleId":"AROAFAKEROLEID0000001","Arn":"arn:aws:iam::111122223333:role/web"}"#;
        let user = r#"{"UserName":"ci","UserId":"AIDAFAKE","Arn":"arn:aws:iam::111122223333:user/ci"}"#;
        let complete = |text: String| read_text("iam.json", &text, Vec::new()).manifests[0].complete;
        assert!(complete(format!(r#"{{"Roles":[{role}]}}"#)) && complete(format!(r#"{{"Users":[{user}]}}"#)));
        assert!(!complete(format!(r#"{{"InstanceProfiles":[{{"InstanceProfileId":"AIPAFAKE","Roles":[{role}]}}]}}"#)));
        assert!(!complete(format!(r#"{{"Users":[{user}],"Group":{{"GroupName":"admins"}}}}"#)));
    }

    #[test]
    fn policies_of_the_answer_are_no_identities_and_nothing_unknown() {
        let text = r#"{"UserDetailList":[],"Policies":[{"PolicyName":"AmazonEC2FullAccess","PolicyId":"ANPAE3QWE5YT46TQ34WLG","Arn":"arn:aws:iam::aws:policy/AmazonEC2FullAccess","PolicyVersionList":[{"Document":{"Statement":[{"Action":"ec2:*","Effect":"Allow","Resource":"*"}]},"VersionId":"v1"}]}],"IsTruncated":false}"#;
        let register = read_text("auth.json", text, Vec::new());
        assert_eq!((register.records.len(), register.files[0].unknown), (0, 0), "{:?}", register.warnings);
    }

    #[test]
    fn users_roles_and_groups_carry_owner_rights_and_trust() {
        let text = r#"{"UserDetailList":[{"UserName":"ci","UserId":"AIDAFAKE","Arn":"arn:aws:iam::111122223333:user/ci","CreateDate":"2023-02-01T08:59:00Z","GroupList":["admins"],"Tags":[{"Key":"Owner","Value":"kim@acme.example"},{"Key":"env","Value":"prod"}]}],
          "GroupDetailList":[{"GroupName":"admins","GroupId":"AGPAFAKE","Arn":"arn:aws:iam::111122223333:group/admins","AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess"}]}],
          "RoleDetailList":[{"RoleName":"gha","RoleId":"AROAFAKE","Arn":"arn:aws:iam::111122223333:role/gha","RolePolicyList":[{"PolicyName":"x","PolicyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D"}],"AssumeRolePolicyDocument":{"Statement":[{"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}}]},"RoleLastUsed":{"LastUsedDate":"2025-01-01T00:00:00Z","Region":"us-east-1"},"Tags":[]}]}"#;
        let register = read_text("auth.json", text, Vec::new());
        let of = |kind: RecordKind| register.records.iter().find(|r| r.kind == kind).unwrap();
        let user = of(RecordKind::User);
        assert_eq!(user.owner.as_ref().map(|o| (&*o.value, o.by)), Some(("kim@acme.example", OwnedBy::Tag)));
        assert!(user.of.iter().any(|k| k.kind == KeyKind::AwsArn && k.value.ends_with("group/admins")));
        assert_eq!(of(RecordKind::Group).privileges, [Box::from("admin")]);
        let role = of(RecordKind::Role);
        assert_eq!((role.details["subjects"].as_str(), role.privileges.len()), ("repo:o/r:*", 1));
        assert!(role.last_used.is_some());
    }
}
