//! Structure: what files of known formats say by how they are built. Which resource, job or key a place belongs to, and which identities
//! are declared or referred to.
//!
//! A format is one module named in the registry below, with a unit struct `Format` that implements [`Extractor`]. An extractor knows the
//! model and nothing else. Files come from anyone: depth, size and time are bounded by constants, and a file that cannot be read by
//! structure is no error: it is told of in [`Outline::troubles`], and its text is scanned all the same.

mod hcl;
pub mod json;
mod names;
pub mod node;
mod template;
pub mod yaml;

use crate::model::Outline;

/// A format that is read by structure.
pub trait Extractor: Sync {
    /// Name in reports; the module's, with `-`.
    fn id(&self) -> &'static str;

    /// Which files it is for and what it takes from them, in Markdown.
    fn reads(&self) -> Reads;

    /// Whether a file may be in this format. `path` has `/` and is relative to the repository; `head` is how the file begins, up to
    /// [`HEAD`] bytes. It is asked of every file of a repository, so it decides by the path first.
    fn claims(&self, path: &str, head: &[u8]) -> bool;

    /// Whether a file of this format may declare or refer to an identity: a cheap test, so that most need not be read by structure.
    fn may_name(&self, _text: &str) -> bool {
        true
    }

    /// What the file says. Spans are bytes of `text`.
    fn extract(&self, path: &str, text: &str, outline: &mut Outline);
}

/// What a format is about, for people.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    /// How its files are told.
    pub files: &'static str,
    /// What is taken from them.
    pub takes: &'static str,
}

/// Bytes of a file that [`Extractor::claims`] sees.
pub const HEAD: usize = 4096;

/// Larger files are not read by structure.
pub const LARGEST: usize = 16 << 20;

/// Declares the modules of the formats and lists them in [`ALL`].
macro_rules! extractors {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every format, in alphabetical order.
        pub const ALL: &[&dyn Extractor] = &[$(&$name::Format),*];

        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($name)),*];
    };
}

extractors! {
    agents, ansible, arm, azure_pipelines, bicep, cloudformation, compose, dockerfile, dotenv, gateways, github_actions, gitlab_ci,
    helm, jenkins, kubernetes, kustomize, mcp, nomad, notebook, pipelines, pulumi, renovate, serverless, settings, teamcity, terraform,
    tfstate
}

/// How a file begins, as [`Extractor::claims`] sees it.
fn head(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(HEAD)]
}

/// The formats a file may be in.
pub fn claiming(path: &str, head: &[u8]) -> Vec<&'static dyn Extractor> {
    let head = &head[..head.len().min(HEAD)];
    ALL.iter().copied().filter(|e| e.claims(path, head)).collect()
}

/// What a file says by its structure, in all formats that claim it; `None` where none does.
pub fn outline(path: &str, bytes: &[u8]) -> Option<Outline> {
    read(&claiming(path, bytes), path, bytes)
}

/// The same, of the formats of which it may name identities.
pub fn identities(path: &str, bytes: &[u8]) -> Option<Outline> {
    let mut claiming = claiming(path, bytes);
    if let Ok(text) = text(bytes) {
        claiming.retain(|e| e.may_name(text));
    }
    read(&claiming, path, bytes)
}

fn read(formats: &[&dyn Extractor], path: &str, bytes: &[u8]) -> Option<Outline> {
    if formats.is_empty() {
        return None;
    }
    let mut outline = Outline::default();
    match text(bytes) {
        Ok(text) => formats.iter().for_each(|extractor| extractor.extract(path, text, &mut outline)),
        Err(why) => outline.troubles.push(why),
    }
    Some(outline)
}

/// What one format makes of a file.
#[derive(Debug)]
pub struct Trial {
    /// Name of the format.
    pub format: &'static str,
    /// What it says, and what it could not read.
    pub outline: Outline,
}

/// What each format that claims a file makes of it, one by one.
pub fn trials(path: &str, bytes: &[u8]) -> Vec<Trial> {
    let trial = |extractor: &'static dyn Extractor| Some(Trial { format: extractor.id(), outline: read(&[extractor], path, bytes)? });
    claiming(path, bytes).into_iter().filter_map(trial).collect()
}

/// The text of a file, or why it is read as text alone, not by structure.
fn text(bytes: &[u8]) -> Result<&str, String> {
    if bytes.len() > LARGEST {
        return Err(format!("larger than {} MiB: read as text alone", LARGEST >> 20));
    }
    std::str::from_utf8(bytes).map_err(|_| "not UTF-8: read as text alone".to_owned())
}

/// What the first place of a value in a text belongs to, for tests.
#[cfg(test)]
fn holding(outline: &Outline, text: &str, value: &str) -> Vec<crate::model::Resource> {
    let at = text.find(value).expect("the value is there");
    outline.places.iter().filter(|p| p.start <= at && at < p.end).map(|p| p.resource.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_named_like_its_module() {
        let named: Vec<String> = ALL.iter().map(|e| e.id().replace('-', "_")).collect();
        assert_eq!(named, MODULES);
        assert!(MODULES.is_sorted());
    }
}
