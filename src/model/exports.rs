//! What the configuration says of exports: columns of tables that no importer knows, and digests whose algorithm is known.

use super::{Algorithm, Key, SourceClass, glob::matches_path};
use serde::{Deserialize, Serialize};

/// What is said of all exports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportRules {
    /// Tables by the names of their files; the first that matches holds.
    pub columns: Vec<ColumnMap>,
    /// Fields that hold digests of secrets.
    pub digests: Vec<PinnedDigest>,
}

/// What the columns of a table hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMap {
    /// Globs over paths from the inventory's root.
    pub files: Vec<String>,
    /// What the source is to the identities it lists.
    pub class: SourceClass,
    /// The provider of all rows, where no column tells it.
    pub provider: Option<String>,
    /// The kind of all rows, where no column tells it.
    pub kind: Option<String>,
    /// Names of columns as a register has them, and the path of the field that holds it here, its parts separated by dots.
    pub columns: Vec<(String, String)>,
}

/// A field of an export that holds a digest of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedDigest {
    /// Slug of the provider whose records have it.
    pub provider: String,
    /// The field's path, its parts separated by dots.
    pub field: String,
    /// How the digest is made.
    pub algorithm: Algorithm,
}

/// The columns a register may have, for those who map their own to them.
pub const REGISTER_COLUMNS: &[&str] = &[
    "identifier",
    "identifier_type",
    "id",
    "name",
    "provider",
    "scope",
    "type",
    "owner",
    "team",
    "environment",
    "created",
    "last_rotated",
    "last_used",
    "expires",
    "status",
    "purpose",
    "hint",
];

impl ExportRules {
    /// The columns of a file, where they are mapped.
    pub fn columns_of(&self, path: &str) -> Option<&ColumnMap> {
        self.columns.iter().find(|map| map.files.iter().any(|glob| matches_path(glob, path)))
    }
}

/// What secrets of findings are to be compared with, besides what is always compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Digests whose algorithm was told.
    pub algorithms: Vec<Algorithm>,
    /// GitGuardian's hashes, which cost milliseconds each.
    pub hmsl: bool,
}

impl Wanted {
    /// Whether there is nothing to make.
    pub fn is_empty(&self) -> bool {
        self.algorithms.is_empty() && !self.hmsl
    }

    /// The keys of a secret by the algorithms that were told.
    pub fn pinned<'w>(&'w self, secret: &'w [u8]) -> impl Iterator<Item = Key> + 'w {
        self.algorithms.iter().filter_map(|a| a.key_of_secret(secret))
    }
}
