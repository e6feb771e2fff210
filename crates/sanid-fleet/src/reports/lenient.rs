//! JSON of programs that may be newer: a value of a different type than expected counts as absent.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a document may hold in one place.
pub(super) trait Expected<'de>: Default {
    fn text(_: Cow<'de, str>) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de> Expected<'de> for Option<Cow<'de, str>> {
    fn text(text: Cow<'de, str>) -> Self {
        Some(text)
    }
}

impl<'de, T: Expected<'de>> Expected<'de> for Vec<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut items = Self::new();
        while let Some(item) = list.next_element_seed(Value(PhantomData))? {
            items.push(item);
        }
        Ok(items)
    }
}

/// For `deserialize_with`.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: Expected<'de>>(json: D) -> Result<T, D::Error> {
    json.deserialize_any(Value(PhantomData))
}

struct Value<T>(PhantomData<T>);

impl<'de, T: Expected<'de>> serde::de::DeserializeSeed<'de> for Value<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<T, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: Expected<'de>> Visitor<'de> for Value<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }
}

/// Structs whose fields are [`Expected`], and which are that themselves.
macro_rules! objects {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[derive(Default, serde::Deserialize)]
            #[serde(default, rename_all = "camelCase")]
            struct $name<'a> {
                $(
                    #[serde(borrow, deserialize_with = "lenient")]
                    $field: $type,
                )*
            }

            impl<'a> Expected<'a> for $name<'a> {
                fn object<A: serde::de::MapAccess<'a>>(object: A) -> Result<Self, A::Error> {
                    serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(object))
                }
            }
        )*
    };
}
pub(super) use objects;
