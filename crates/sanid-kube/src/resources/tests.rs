use super::*;

#[test]
fn what_a_node_writes_has_a_limit_everywhere() {
    fn unlimited(schema: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        let limited = |key: &str| schema.get(key).is_some();
        match schema["type"].as_str() {
            Some("string") if !limited("maxLength") && !limited("enum") && !limited("format") => {
                found.push(at.to_owned());
            }
            Some("array") if !limited("maxItems") => found.push(at.to_owned()),
            _ => {}
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            unlimited(inner, &format!("{at}.{name}"), found);
        }
        if let Some(items) = schema.get("items") {
            unlimited(items, &format!("{at}[]"), found);
        }
    }
    for definition in definitions() {
        let definition = serde_json::to_value(definition).unwrap();
        let version = &definition["spec"]["versions"][0];
        let mut found = Vec::new();
        unlimited(&version["schema"]["openAPIV3Schema"], "", &mut found);
        assert_eq!(found, Vec::<String>::new());
        let text = definition.to_string();
        assert!(
            !text.contains("additionalProperties"),
            "no structural schema has it beside properties"
        );
    }
}

#[test]
fn people_find_them_by_their_short_names_and_categories() {
    let names: Vec<_> = definitions()
        .into_iter()
        .map(|one| one.spec.names)
        .collect();
    assert_eq!(
        names[0].short_names.as_deref(),
        Some(&["nsi".to_owned()][..])
    );
    assert_eq!(
        names[1].short_names.as_deref(),
        Some(&["sic".to_owned()][..])
    );
    assert!(names.iter().all(|one| {
        one.categories
            .as_ref()
            .unwrap()
            .contains(&"sanid".to_owned())
    }));
}
