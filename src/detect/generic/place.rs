//! Places: what a file's path says of the values in it.

use super::features::{Feature, Features};
use super::lexicon::has;

/// What a path says. Paths have `/` between their parts.
pub fn features(path: &str) -> Features {
    let mut f = Features::default();
    let lower = path.to_ascii_lowercase();
    let file = lower.rsplit(['/', '!']).next().unwrap_or(&lower);
    let extension = file.rsplit_once('.').map_or(file, |(_, e)| e);
    let is = |list: &str| has(list, extension.as_bytes());
    let named = |list: &str| lower.split(['/', '!', '.', '_', '-']).any(|word| has(list, word.as_bytes()));
    f.set_if(is("config"), Feature::PlaceConfig);
    f.set_if(extension == "env" || file.starts_with(".env") || file.starts_with("env.") || file == "credentials", Feature::PlaceEnv);
    f.set_if(is("code"), Feature::PlaceCode);
    f.set_if(is("script") || file.starts_with("dockerfile") || file.starts_with("makefile"), Feature::PlaceScript);
    f.set_if(is("docs"), Feature::PlaceDocs);
    f.set_if(is("markup"), Feature::PlaceMarkup);
    let tested = ["test.java", "tests.java", "test.cs", "tests.cs", "test.kt", "test.php"].iter().any(|end| file.ends_with(end));
    f.set_if(tested || named("test-place"), Feature::PlaceTest);
    f.set_if(named("example-place"), Feature::PlaceExample);
    f.set_if(is("translation") || named("translation-place"), Feature::PlaceTranslation);
    let copied = lower.split(['/', '!']).any(|folder| has("generated-place", folder.as_bytes()));
    let generated = has("lock", file.as_bytes()) || matches!(extension, "lock" | "sum" | "map" | "snap") || file.contains(".min.");
    f.set_if(generated || copied, Feature::PlaceGenerated);
    f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_kinds_of_files() {
        for (path, feature) in [
            ("deploy/values.yaml", Feature::PlaceConfig),
            (".env.production", Feature::PlaceEnv),
            ("src/main.rs", Feature::PlaceCode),
            ("app/Dockerfile", Feature::PlaceScript),
            ("README.md", Feature::PlaceDocs),
            ("pkg/auth_test.go", Feature::PlaceTest),
            ("locales/fr.json", Feature::PlaceTranslation),
            ("web/package-lock.json", Feature::PlaceGenerated),
            ("app.zip!config/app.ini", Feature::PlaceConfig),
        ] {
            assert!(features(path).has(feature), "{path}");
        }
        assert!(!features("src/latest.rs").has(Feature::PlaceTest));
    }
}
