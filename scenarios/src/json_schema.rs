//! JSON Schema of the scenario file, for editors that complete and check while one types. Made from the loader's own list
//! of keys.

use serde_json::{Map, Value, json};

use crate::compare::Scale;
use crate::keys::{self, Key, TableKeys, Takes};
use crate::known::Known;
use crate::units::Unit;

/// The schema as JSON (draft 2020-12), with the names of boards, applications and so on that the caller knows.
pub fn json_schema(known: &Known) -> Value {
    let mut schema = table(&keys::ROOT, known);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Nodetwin scenario"));
    }
    schema
}

fn table(list: &'static TableKeys, known: &Known) -> Value {
    if list.kinds.is_empty() {
        return object(list, None, list.about, known);
    }
    let kinds: Vec<Value> =
        list.kinds.iter().map(|kind| object(list, Some(kind.name), kind.about, known)).collect();
    json!({ "description": list.about, "oneOf": kinds })
}

fn object(list: &'static TableKeys, kind: Option<&str>, about: &str, known: &Known) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in list.keys_of(kind) {
        let value = match (&key.takes, kind) {
            (Takes::Kind, Some(kind)) => json!({ "const": kind, "description": about }),
            _ => described(key, known),
        };
        properties.insert(key.name.into(), value);
        if key.required {
            required.push(key.name);
        }
    }
    json!({
        "type": "object",
        "description": about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn described(key: &Key, known: &Known) -> Value {
    let mut value = value(&key.takes, known);
    if let Value::Object(map) = &mut value {
        map.insert("description".into(), json!(key.about));
    }
    value
}

fn value(takes: &Takes, known: &Known) -> Value {
    match takes {
        Takes::Schema => json!({ "const": crate::schema::SCHEMA }),
        Takes::Text => json!({ "type": "string", "minLength": 1 }),
        Takes::Flag => json!({ "type": "boolean" }),
        Takes::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Takes::Quantity(unit) => quantity(unit),
        Takes::PerAxis(unit) => json!({
            "oneOf": [quantity(unit), { "type": "array", "items": quantity(unit), "minItems": 3, "maxItems": 3 }]
        }),
        Takes::Numbers => {
            json!({ "type": "array", "items": { "type": "number", "minimum": 0 }, "maxItems": 64 })
        }
        Takes::Number => json!({ "type": "number" }),
        Takes::OneOf(names) => json!({ "type": "string", "enum": names }),
        Takes::Channel => json!({ "type": ["integer", "string"] }),
        Takes::Wanted(scale) => wanted(*scale),
        Takes::Board => names(known.boards.iter().map(|board| board.name.as_str())),
        Takes::App => names(known.apps.iter().map(String::as_str)),
        Takes::FaultKind => names(known.faults.iter().map(|fault| fault.name.as_str())),
        Takes::DeviceKind => names(known.devices.iter().map(|device| device.name.as_str())),
        Takes::EventKind => names(known.events.iter().map(String::as_str)),
        Takes::Kind => json!({ "type": "string" }),
        Takes::Free => json!({ "type": "object" }),
        Takes::Table(list) => table(list, known),
        Takes::Tables(list) => json!({ "type": "array", "items": table(list, known) }),
    }
}

/// An empty list of names would allow nothing at all.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { json!({ "type": "string" }) } else { json!({ "type": "string", "enum": names }) }
}

fn quantity(unit: &Unit) -> Value {
    let units: Vec<String> = unit.units.iter().map(|(name, _)| name.replace('/', "\\/")).collect();
    let one = format!("[0-9]+(\\.[0-9]+)? *({})", units.join("|"));
    // Only durations add up: "2min30s".
    let pattern = if unit == <crate::units::Duration as crate::units::Quantity>::UNIT {
        format!("^ *(\\+?{one} *)+$")
    } else {
        format!("^ *[-+]?{one} *$")
    };
    json!({ "type": "string", "pattern": pattern, "examples": [unit.example().trim_matches('"')] })
}

fn wanted(scale: Scale) -> Value {
    let kind = match scale {
        Scale::Count => json!(["integer", "string"]),
        Scale::Share | Scale::Number => json!(["number", "string"]),
        Scale::Time | Scale::Size | Scale::Length => json!("string"),
    };
    json!({ "type": kind })
}
