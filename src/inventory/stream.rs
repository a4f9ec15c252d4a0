//! JSON as it comes: lists at the top and long lists in an object are read element by element, so a log may be larger than memory.

use super::read::Reading;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Elements of a list in an object that are held at once.
pub(super) const HELD: usize = 10_000;

/// A value at the top: of a list, each element is read and dropped.
pub(super) struct Top<'t, 'r, 'c> {
    pub reading: &'t mut Reading<'r, 'c>,
    pub number: &'t mut u64,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            *self.number += 1;
            self.reading.value(&value, "", None, *self.number, 0);
        }
        *self.number = (*self.number).max(1);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Field { reading: self.reading, key: &key, before: &object })?;
            object.insert(key, value);
        }
        *self.number += 1;
        self.reading.value(&Value::Object(object), "", None, *self.number, 0);
        Ok(())
    }
}

/// The value of a field at the top. Of a list that is long, the elements are read and dropped, and the value is an empty list: so an audit log
/// in one object is read as it comes. A short list stays whole, for those who look at an element's surroundings.
struct Field<'t, 'r, 'c> {
    reading: &'t mut Reading<'r, 'c>,
    key: &'t str,
    /// The fields before it.
    before: &'t Map<String, Value>,
}

impl<'de> DeserializeSeed<'de> for Field<'_, '_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_, '_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut held = Vec::new();
        while let Some(value) = list.next_element::<Value>()? {
            held.push(value);
            if held.len() == HELD {
                break;
            }
        }
        if held.len() < HELD {
            return Ok(Value::Array(held));
        }
        let mut number = 0;
        let mut read = |value: &Value| {
            number += 1;
            self.reading.value(value, self.key, Some(self.before), number, 2);
        };
        held.iter().for_each(&mut read);
        drop(held);
        while let Some(value) = list.next_element::<Value>()? {
            read(&value);
        }
        Ok(Value::Array(Vec::new()))
    }
}
