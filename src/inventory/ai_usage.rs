//! AI providers: use by key, as OpenAI's usage API (`group_by=api_key_id`) and Anthropic's usage report tell it.

use super::context::{text, time};
use super::{Context, Element, Importer, Speaks};
use crate::model::{Has, Key, KeyKind, RecordKind, SourceClass};
use serde_json::Value;

/// `ai-usage`.
pub(super) struct Format;

impl Importer for Format {
    fn id(&self) -> &'static str {
        "ai-usage"
    }

    fn speaks(&self) -> Speaks {
        Speaks { class: SourceClass::Usage, of: &["openai", "anthropic"] }
    }

    fn command(&self) -> &'static str {
        "GET https://api.openai.com/v1/organization/usage/completions?group_by=api_key_id&start_time=T; GET https://api.anthropic.com/v1/organizations/usage_report/messages?group_by[]=api_key_id&starting_at=T, page by page"
    }

    fn lacks(&self) -> &'static str {
        "last use by the day or hour of the buckets, as far back as was asked for"
    }

    fn claims(&self, element: &Element<'_>) -> bool {
        let is_bucket = element.text(&["object"]).is_some_and(|o| o == "bucket") || element.has(&["starting_at", "ending_at"]);
        is_bucket && element.object.get("results").is_some_and(Value::is_array)
    }

    fn read(&self, element: &Element<'_>, context: &mut Context<'_>) {
        let is_openai = element.object.contains_key("start_time");
        let (provider, kind) = if is_openai { ("openai", KeyKind::OpenaiKey) } else { ("anthropic", KeyKind::AnthropicKey) };
        let Some(begin) = ["start_time", "starting_at"].iter().find_map(|f| element.object.get(*f).and_then(time)) else {
            return context.warn(element, "a bucket without a beginning; left out");
        };
        for result in element.list(&["results"]) {
            let Some(id) = result.get("api_key_id").and_then(text) else { continue };
            if context.used_before(&id, begin) {
                continue;
            }
            let mut record = context.record(SourceClass::Usage, provider, RecordKind::ApiKey, &id);
            record.keys.extend(Key::new(kind, &id));
            record.last_used = Some(begin);
            let scope = context.scope().map(str::to_owned);
            context.covers(
                SourceClass::Usage,
                provider,
                RecordKind::ApiKey,
                scope.as_deref(),
                false,
                Has { last_used: true, ..Has::default() },
            );
            context.push(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    #[test]
    fn buckets_become_one_record_a_key_with_its_last_use() {
        let text = r#"{"object":"page","data":[{"object":"bucket","start_time":1735689600,"end_time":1735776000,"results":[{"object":"organization.usage.completions.result","api_key_id":"key_a","num_model_requests":3}]},
            {"object":"bucket","start_time":1735776000,"end_time":1735862400,"results":[{"api_key_id":"key_a"},{"api_key_id":null}]}]}
{"data":[{"starting_at":"2026-01-01T00:00:00Z","ending_at":"2026-01-02T00:00:00Z","results":[{"api_key_id":"apikey_01","uncached_input_tokens":7}]}]}"#;
        let register = read_text("usage.json", text, Vec::new());
        let told: Vec<_> = register.records.iter().map(|r| (&*r.provider, &*r.id, r.last_used.map(|t| t.seconds))).collect();
        assert_eq!(
            told,
            [("openai", "key_a", Some(1_735_776_000)), ("anthropic", "apikey_01", Some(1_767_225_600))],
            "{:?}",
            register.warnings
        );
    }
}
