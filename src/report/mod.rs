//! Reports: what a scan learned, written as a person or a machine wants to read it.
//!
//! A format is one module named in the registry below, with a unit struct `Format` that implements [`Reporter`].
//! A reporter knows the model and nothing else: it cannot scan, join or ask.

#[cfg(test)]
mod fixture;
mod phrase;

use crate::model::Report;
use std::io;

/// A format a report can be written in.
pub trait Reporter: Sync {
    /// Name on the command line; equal to the module's.
    fn id(&self) -> &'static str;

    /// Extension of a file in this format, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the whole report, with a newline at its end. Output is buffered here and flushed before returning.
    ///
    /// The same report and options give the same bytes. No raw secret is written: values come redacted from the model.
    ///
    /// # Errors
    ///
    /// Whatever `out` reports; nothing in a report makes writing fail.
    fn write(&self, report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()>;
}

/// How a report for people is laid out; formats for machines ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether to use terminal colours.
    pub style: Style,
    /// Columns to fill; taken as 40 below and 1,000 above. Paths are never wrapped or cut to fit.
    pub width: usize,
    /// How much to say of each finding.
    pub detail: Detail,
    /// Findings shown at length, the most urgent ones, where the others are only to be counted.
    pub most: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { style: Style::Plain, width: 80, detail: Detail::Full, most: None }
    }
}

/// Whether to use terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone, without any escape sequence.
    Plain,
    /// ANSI colours.
    Colour,
}

/// How much to say of each finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A line, as compilers write it: `path:line:column: confidence: what`.
    Short,
    /// A block with the lines around it, the commits and what to do.
    Full,
}

/// Declares the modules of the formats and lists them in [`ALL`].
macro_rules! reporters {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+

        /// Every format, in alphabetical order.
        pub const ALL: &[&dyn Reporter] = &[$(&$name::Format),+];

        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($name)),+];
    };
}

reporters! { csv, github, gitlab, html, json, jsonl, junit, markdown, sarif, text }

/// The format of that name.
pub fn by_id(id: &str) -> Option<&'static dyn Reporter> {
    ALL.iter().copied().find(|reporter| reporter.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_named_like_its_module() {
        assert_eq!(ALL.iter().map(|r| r.id()).collect::<Vec<_>>(), MODULES);
        assert!(MODULES.is_sorted());
        assert_eq!(by_id("sarif").map(Reporter::extension), Some("sarif"));
        assert!(by_id("SARIF").is_none());
    }

    #[test]
    fn every_format_writes_every_report_the_same_way_twice_and_ends_it() {
        for report in [fixture::nothing_read(), fixture::clean(), fixture::full()] {
            for reporter in ALL {
                let once = fixture::written(*reporter, &report, &Options::default());
                assert_eq!(once, fixture::written(*reporter, &report, &Options::default()), "{}", reporter.id());
                assert!(once.ends_with('\n') && !once.ends_with("\n\n"), "{}", reporter.id());
            }
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for reporter in ALL {
            let error = reporter.write(&fixture::clean(), &Options::default(), &mut Full).expect_err(reporter.id());
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{}", reporter.id());
        }
    }
}
