//! Environments: what a word or a path says of where a credential is used.

use crate::model::{Location, Policy, environment_name};

/// The environments that verdicts know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Environment {
    Production,
    Staging,
    Development,
    Test,
    Shared,
}

impl Environment {
    /// The environment of a word that names one.
    pub(super) fn named(word: &str) -> Option<Self> {
        let all = [Self::Production, Self::Staging, Self::Development, Self::Test, Self::Shared];
        let name = environment_name(word)?;
        all.into_iter().find(|e| e.as_str() == name)
    }

    /// The word for it in reports.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Production => "prod",
            Self::Staging => "stage",
            Self::Development => "dev",
            Self::Test => "test",
            Self::Shared => "shared",
        }
    }

    /// The environment of a place: what the policy says of its path, else its structure, else the path itself.
    pub(super) fn of(location: &Location, policy: &Policy) -> Option<Self> {
        let ruled = policy.environment(&location.path).and_then(Self::named);
        let stated = || location.resource.as_ref().and_then(|r| r.environment.as_deref()).and_then(Self::named);
        ruled.or_else(stated).or_else(|| Self::of_path(&location.path))
    }

    /// The environment of a path: a folder below one that holds environments, else the name of the file.
    fn of_path(path: &str) -> Option<Self> {
        let names: Vec<&str> = path.split('!').next().unwrap_or_default().split('/').collect();
        let holds =
            |name: &str| matches!(name, "env" | "envs" | "environment" | "environments" | "overlays" | "stages" | "clusters" | "live");
        let below = names.windows(2).find(|w| holds(&w[0].to_ascii_lowercase())).and_then(|w| Self::named(w[1].split('.').next()?));
        let file = names.last().copied().unwrap_or_default();
        // Words such as `test` and `local` mean other things in names of files and folders.
        let sure = |e: &Self| matches!(e, Self::Production | Self::Staging | Self::Development);
        let in_name = || {
            file.split(['.', '-', '_'])
                .skip(1)
                .filter_map(Self::named)
                .find(sure)
                .or_else(|| Self::named(file.split('.').next()?).filter(sure))
        };
        let is_config =
            ["env", "yaml", "yml", "json", "toml", "tfvars", "properties", "ini", "conf", "production", "staging", "development"]
                .iter()
                .any(|e| file.ends_with(e));
        let folder =
            || names[..names.len() - 1].iter().filter_map(|n| Self::named(n)).find(|e| matches!(e, Self::Production | Self::Staging));
        below.or_else(|| if is_config { in_name() } else { None }).or_else(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_environments() {
        let of = |path: &str| Environment::of_path(path).map(Environment::as_str);
        for (path, told) in [
            ("envs/prod/service.env", Some("prod")),
            ("envs/dev/values.yaml", Some("dev")),
            ("environments/staging.tfvars", Some("stage")),
            (".env.production", Some("prod")),
            ("charts/app/values-prod.yaml", Some("prod")),
            ("overlays/qa/kustomization.yaml", Some("test")),
            ("deploy/production/app.conf", Some("prod")),
            ("src/config/dev.rs", None),
            ("src/test/resources/app.properties", None),
            ("docs/product-live.md", None),
            ("", None),
        ] {
            assert_eq!(of(path), told, "{path}");
        }
    }
}
