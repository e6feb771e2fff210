//! Which layers an image has, and in which order: `manifest.json` of `docker save` or of skopeo's transport
//! `dir:`, or the index and the manifests of an OCI Image Layout.

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
        let mut images = Vec::new();
        let manifest = self.value("manifest.json").unwrap_or_default();
        if let Some(list) = manifest.as_array() {
            images.extend(list.iter().take(IMAGES + 1).filter_map(docker));
        } else {
            self.manifest("manifest.json", &manifest, &Store::Dir, DEPTH, &mut images);
        }
        if images.is_empty() && self.files.contains_key("oci-layout") {
            let index = self.value("index.json").unwrap_or_default();
            self.manifest("index.json", &index, &Store::Blobs, DEPTH, &mut images);
        }
        if images.len() > IMAGES {
            images.truncate(IMAGES);
            let problem = format!("it has more than {IMAGES} images; the rest were not read");
            images.push(Image::without_layers("manifest.json", problem));
        }
        images
    }

    fn value(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(self.files.get(path)?).ok()
    }

    /// The images of a manifest, or of the manifests in an index.
    fn manifest(
        &self,
        name: &str,
        value: &Value,
        store: &Store,
        depth: usize,
        images: &mut Vec<Image>,
    ) {
        let layers: Vec<String> = layers(value).map(|digest| store.blob(digest)).collect();
        if !layers.is_empty() || !unread(value).is_empty() {
            images.push(Image {
                name: name.to_owned(),
                layers,
                problems: unread(value),
            });
        }
        for one in list(value, "manifests") {
            if images.len() > IMAGES {
                return;
            }
            let digest = one.get("digest").and_then(Value::as_str);
            let digest = digest.unwrap_or_default();
            let problem = match self.value(&store.manifest(digest)) {
                Some(inner) if depth > 0 => {
                    self.manifest(digest, &inner, store, depth - 1, images);
                    continue;
                }
                Some(_) => "it is an index in an index in an index; it was not read",
                None => "its manifest is not in the archive",
            };
            images.push(Image::without_layers(digest, problem.to_owned()));
        }
    }
}

impl Image {
    fn without_layers(name: &str, problem: String) -> Self {
        Self {
            name: name.to_owned(),
            layers: Vec::new(),
            problems: vec![problem],
        }
    }
}

/// How files are named by their digest.
enum Store {
    /// OCI Image Layout.
    Blobs,
    /// skopeo's transport `dir:`.
    Dir,
}

/// The end of the name of a manifest in skopeo's transport `dir:`.
const MANIFEST: &str = ".manifest.json";

impl Store {
    fn blob(&self, digest: &str) -> String {
        match self {
            Self::Blobs => format!("blobs/{}", digest.replacen(':', "/", 1)),
            Self::Dir => digest.rsplit(':').next().unwrap_or_default().to_owned(),
        }
    }

    fn manifest(&self, digest: &str) -> String {
        match self {
            Self::Blobs => self.blob(digest),
            Self::Dir => format!("{}{MANIFEST}", self.blob(digest)),
        }
    }
}

/// The digest that a file of skopeo's transport `dir:` is named by.
pub(super) fn without_end(name: &str) -> &str {
    name.strip_suffix(MANIFEST).unwrap_or(name)
}

/// The digests of the layers that a manifest names. Attestations and signatures are manifests too, with
/// nothing that is a tar.
fn layers(manifest: &Value) -> impl Iterator<Item = &str> {
    let tars = list(manifest, "layers").iter().filter(|layer| {
        let kind = layer.get("mediaType").and_then(Value::as_str);
        kind.is_none_or(|kind| kind.contains("tar"))
    });
    tars.filter_map(|layer| layer.get("digest")?.as_str())
}

/// A problem for each layer in a form that is not read, such as a file system.
fn unread(manifest: &Value) -> Vec<String> {
    let kinds = list(manifest, "layers").iter();
    let kinds = kinds.filter_map(|layer| layer.get("mediaType")?.as_str());
    let unread = kinds.filter(|kind| {
        let words = ["layer", "rootfs", "erofs", "squashfs"];
        !kind.contains("tar") && words.iter().any(|word| kind.contains(word))
    });
    unread
        .map(|kind| format!("a layer of the type {kind} is not read"))
        .collect()
}

/// One image of `docker save`.
fn docker(image: &Value) -> Option<Image> {
    let layers = image.get("Layers")?.as_array()?.iter();
    let image = Image {
        name: "manifest.json".to_owned(),
        layers: layers
            .filter_map(|one| Some(one.as_str()?.to_owned()))
            .collect(),
        problems: Vec::new(),
    };
    Some(image).filter(|image| !image.layers.is_empty())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
