//! Which layers an image has, and in which order: `manifest.json` of `docker save`, or the index and the
//! manifests of an OCI Image Layout.

use std::collections::BTreeMap;

use serde_json::Value;

/// An index in an index is followed this far.
const DEPTH: usize = 4;
/// Images in one archive.
const IMAGES: usize = 1000;
/// Bytes of documents that are kept.
const KEPT: usize = 64 << 20;

/// The JSON files of an archive.
#[derive(Default)]
pub(super) struct Documents {
    files: BTreeMap<String, Vec<u8>>,
    kept: usize,
}

/// One image.
pub(super) struct Image {
    pub(super) name: String,
    /// The names of its layers in the archive, the lowest first.
    pub(super) layers: Vec<String>,
    /// What of it could not be understood.
    pub(super) problems: Vec<String>,
}

impl Documents {
    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) {
        if self.kept + bytes.len() <= KEPT {
            self.kept += bytes.len();
            self.files.insert(path.to_owned(), bytes);
        }
    }

    /// The images; empty if the archive has no images.
    pub(super) fn images(&self) -> Vec<Image> {
        let docker = self.value("manifest.json").and_then(|value| docker(&value));
        if let Some(images) = docker.filter(|images| !images.is_empty()) {
            return images;
        }
        let mut images = Vec::new();
        if let (Some(index), true) = (
            self.value("index.json"),
            self.files.contains_key("oci-layout"),
        ) {
            self.index(&index, DEPTH, &mut images);
        }
        images
    }

    fn value(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(self.files.get(path)?).ok()
    }

    fn index(&self, index: &Value, depth: usize, images: &mut Vec<Image>) {
        for one in list(index, "manifests") {
            let name = one
                .get("digest")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if images.len() >= IMAGES {
                return;
            }
            let mut image = Image {
                name: name.to_owned(),
                layers: Vec::new(),
                problems: Vec::new(),
            };
            match self.value(&blob(name)) {
                Some(inner) if !list(&inner, "manifests").is_empty() && depth > 0 => {
                    self.index(&inner, depth - 1, images);
                    continue;
                }
                Some(manifest) => {
                    let layers = list(&manifest, "layers").iter();
                    // Attestations and signatures are manifests too, with no tar.
                    let tars = layers.filter(|layer| {
                        let kind = layer.get("mediaType").and_then(Value::as_str);
                        kind.is_none_or(|kind| kind.contains("tar"))
                    });
                    let digests = tars.filter_map(|layer| layer.get("digest")?.as_str());
                    image.layers = digests.map(blob).collect();
                }
                None => image
                    .problems
                    .push("its manifest is not in the archive".to_owned()),
            }
            images.push(image);
        }
    }
}

fn docker(value: &Value) -> Option<Vec<Image>> {
    let images = value.as_array()?.iter().take(IMAGES);
    Some(
        images
            .filter_map(|image| {
                let layers = image.get("Layers")?.as_array()?.iter();
                Some(Image {
                    name: "manifest.json".to_owned(),
                    layers: layers
                        .filter_map(|one| Some(one.as_str()?.to_owned()))
                        .collect(),
                    problems: Vec::new(),
                })
            })
            .collect(),
    )
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Where an OCI Image Layout keeps what has this digest.
fn blob(digest: &str) -> String {
    format!("blobs/{}", digest.replacen(':', "/", 1))
}
