//! Lists as one HTML file that needs no network; what is decided in it is saved as CSV.

use super::markdown::day;
use super::{Decision, Item, List};
use askama::Template;
use std::io::{self, Write};

/// `html`.
pub(super) struct Form;

#[derive(Template)]
#[template(path = "review.html")]
struct Page<'l> {
    list: &'l List,
    decisions: &'static [(Decision, &'static str, &'static str)],
    /// Of each identity: when it was made, last replaced, last used, and ends.
    rows: Vec<(usize, &'l Item, [String; 4])>,
    scanned: String,
}

impl super::Form for Form {
    fn id(&self) -> &'static str {
        "html"
    }

    fn begins(&self) -> &'static str {
        "<!doctype html>\n<!-- keysweep review -->"
    }

    fn write(&self, list: &List, out: &mut dyn Write) -> io::Result<()> {
        let dates = |item: &Item| [item.created, item.rotated, item.used, item.expires].map(day);
        let rows = (1..).zip(&list.items).map(|(number, item)| (number, item, dates(item))).collect();
        let page = Page { list, decisions: Decision::ALL, rows, scanned: day(Some(list.scanned)) };
        let text = page.render().map_err(io::Error::other)?;
        out.write_all(text.as_bytes())
    }

    /// A browser does not save what was chosen into the page, so it holds no decision.
    fn read(&self, _: &str) -> super::Filled {
        Ok(Vec::new())
    }
}
