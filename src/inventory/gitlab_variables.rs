//! GitLab: CI variables. The answer holds their values, which are fingerprinted and dropped.

use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, RecordKind, SourceClass, Status};

/// `gitlab-variables`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "gitlab-variables"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Issuer, of: &["gitlab"] }
    }

    fn command(&self) -> &'static str {
        "GET /projects/ID/variables, /groups/ID/variables, /admin/ci/variables"
    }

    fn lacks(&self) -> &'static str {
        "no owner and no age; the export holds secrets in clear: keep it safe, or give fingerprints instead"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        element.has(&["key", "variable_type", "masked"])
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let Some(name) = element.text(&["key"]) else { return };
        let scope = context.scope().map(str::to_owned);
        let environment = element.text(&["environment_scope"]).filter(|e| e != "*");
        let id = [scope.as_deref(), environment.as_deref(), Some(&name)].into_iter().flatten().collect::<Vec<_>>().join("/");
        let mut record = context.record(SourceClass::Issuer, "gitlab", RecordKind::CiSecret, &id);
        let value = element.text(&["value"]).filter(|v| v.len() >= 8);
        record.keys.extend(value.map(|v| context.secret(&v)).unwrap_or_default());
        record.display = Some(name.into());
        record.environment = environment.map(Into::into);
        record.status = Status::Active;
        context.covers(
            SourceClass::Issuer,
            "gitlab",
            RecordKind::CiSecret,
            scope.as_deref(),
            scope.is_some(),
            Has { fingerprint: true, ..Has::default() },
        );
        context.push(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;
    use crate::model::KeyKind;

    #[test]
    fn a_value_becomes_a_fingerprint_and_is_kept_nowhere() {
        let text = r#"[{"key":"TOKEN","value":"FAKE-secret-value-000","variable_type":"env_var","protected":true,"masked":true,"environment_scope":"production"}]"#;
        let register = read_text("vars.json", text, Vec::new());
        assert!(register.records[0].keys.iter().any(|k| k.kind == KeyKind::Kfp1));
        assert!(!format!("{register:?}").contains("FAKE-secret-value"));
    }
}
