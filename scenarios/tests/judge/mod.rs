//! A small judge of JSON Schema: only the words that our schema uses, and a panic at any other.

use serde_json::{Map, Value};

/// A TOML text as the JSON that an editor checks.
pub fn json(text: &str) -> Value {
    let table: toml::Table = text.parse().expect("TOML");
    serde_json::to_value(table).expect("JSON")
}

/// What the schema does not allow, if anything.
pub fn complaint(schema: &Value, value: &Value) -> Option<String> {
    let schema = schema.as_object().expect("a schema is an object");
    schema.iter().find_map(|(word, wanted)| match word.as_str() {
        "$schema" | "title" | "description" | "examples" | "pattern" | "minLength" => None,
        "type" => of_type(wanted, value),
        "const" => (wanted != value).then(|| format!("{value} is not {wanted}")),
        "enum" => (!wanted.as_array()?.contains(value)).then(|| format!("{value} is none of {wanted}")),
        "minimum" => (value.as_f64() < wanted.as_f64()).then(|| format!("{value} is below {wanted}")),
        "maximum" => (value.as_f64() > wanted.as_f64()).then(|| format!("{value} is above {wanted}")),
        "minItems" => (value.as_array()?.len() < wanted.as_u64()? as usize).then(|| "too few".into()),
        "maxItems" => (value.as_array()?.len() > wanted.as_u64()? as usize).then(|| "too many".into()),
        "required" => wanted.as_array()?.iter().find_map(|name| {
            value.get(name.as_str()?).is_none().then(|| format!("{name} is missing in {value}"))
        }),
        "properties" => {
            wanted.as_object()?.iter().find_map(|(name, schema)| complaint(schema, value.get(name)?))
        }
        "additionalProperties" => {
            assert_eq!(wanted, &Value::Bool(false));
            let listed: &Map<String, Value> = schema["properties"].as_object()?;
            value
                .as_object()?
                .keys()
                .find(|key| !listed.contains_key(*key))
                .map(|key| format!("unknown {key}"))
        }
        "items" => value.as_array()?.iter().find_map(|item| complaint(wanted, item)),
        "oneOf" => {
            let fits = wanted.as_array()?.iter().filter(|schema| complaint(schema, value).is_none()).count();
            (fits != 1).then(|| format!("{fits} alternatives fit {value}"))
        }
        other => panic!("the judge does not know `{other}`"),
    })
}

fn of_type(wanted: &Value, value: &Value) -> Option<String> {
    let names: Vec<&str> = match wanted {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{wanted} is no type"),
    };
    let fits = names.iter().any(|name| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{other} is no type"),
    });
    (!fits).then(|| format!("{value} is not of type {wanted}"))
}
