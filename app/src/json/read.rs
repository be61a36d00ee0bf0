//! Decodes a JavaScript value into a derived type; it never reads a field that no type declares. The decoder asks for
//! each field by name, so that types need no code that matches arriving names.

use std::fmt::Display;
use std::slice;

use js_sys::{Array, Object, Reflect};
use serde::de::value::U32Deserializer;
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use wasm_bindgen::{JsCast, JsValue};

use super::NotJson;

impl de::Error for NotJson {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// A value from `JSON.parse`.
pub(super) struct Value(pub(super) JsValue);

impl Value {
    fn field(&self, name: &str) -> Self {
        Self(Reflect::get(&self.0, &name.into()).unwrap_or(JsValue::UNDEFINED))
    }

    fn integer(&self) -> Result<f64, NotJson> {
        self.0.as_f64().filter(|number| number.trunc() == *number).ok_or(NotJson)
    }

    fn text(&self) -> Result<String, NotJson> {
        self.0.as_string().ok_or(NotJson)
    }
}

/// The index of `name` in `names`. An unknown name gets an index beyond all, which derived types read as their
/// catch-all.
fn variant_index(name: &str, names: &[&str]) -> U32Deserializer<NotJson> {
    let at = names.iter().position(|known| *known == name);
    at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX).into_deserializer()
}

impl<'de> Deserializer<'de> for Value {
    type Error = NotJson;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotJson> {
        Err(NotJson)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        visitor.visit_bool(self.0.as_bool().ok_or(NotJson)?)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and checked to be no less than 0"
    )]
    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        let integer = self.integer()?;
        if integer < 0.0 { Err(NotJson) } else { visitor.visit_u64(integer as u64) }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        visitor.visit_f64(self.0.as_f64().ok_or(NotJson)?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        if self.0.is_null() || self.0.is_undefined() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, NotJson> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        let array = self.0.dyn_into::<Array>().map_err(|_| NotJson)?;
        visitor.visit_seq(Items { array, at: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotJson> {
        let object = self.0.dyn_ref::<Object>().ok_or(NotJson)?;
        visitor.visit_map(Entries { names: Object::keys(object), of: self, at: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotJson> {
        if !self.0.is_object() {
            return Err(NotJson);
        }
        visitor.visit_seq(Fields { of: self, names: fields.iter() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotJson> {
        visitor.visit_enum(variant_index(&self.text()?, variants))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u16 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// An object whose `type` names the variant of the other fields.
pub(super) struct Tagged(pub(super) Value);

impl<'de> Deserializer<'de> for Tagged {
    type Error = NotJson;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotJson> {
        Err(NotJson)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotJson> {
        visitor.visit_enum(Variant { of: self.0, variants })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Variant {
    of: Value,
    variants: &'static [&'static str],
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = NotJson;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), NotJson> {
        let name = self.of.field("type").text()?;
        Ok((seed.deserialize(variant_index(&name, self.variants))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant {
    type Error = NotJson;

    fn unit_variant(self) -> Result<(), NotJson> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NotJson> {
        seed.deserialize(self.of)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, NotJson> {
        Err(NotJson)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, NotJson> {
        self.of.deserialize_struct("", fields, visitor)
    }
}

struct Items {
    array: Array,
    at: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = NotJson;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NotJson> {
        if self.at == self.array.length() {
            return Ok(None);
        }
        self.at += 1;
        seed.deserialize(Value(self.array.get(self.at - 1))).map(Some)
    }
}

/// The fields of an object, in the order of the type's declaration.
struct Fields {
    of: Value,
    names: slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = NotJson;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NotJson> {
        let Some(name) = self.names.next() else { return Ok(None) };
        let value = self.of.field(name);
        let missing = value.0.is_undefined();
        match seed.deserialize(value) {
            // A missing `Option` decodes to none. Another missing field takes its default, or fails.
            Err(_) if missing => Ok(None),
            read => read.map(Some),
        }
    }
}

struct Entries {
    of: Value,
    names: Array,
    at: u32,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = NotJson;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NotJson> {
        if self.at == self.names.length() {
            return Ok(None);
        }
        self.at += 1;
        seed.deserialize(Value(self.names.get(self.at - 1))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotJson> {
        let name = self.names.get(self.at - 1);
        seed.deserialize(Value(Reflect::get(&self.of.0, &name).unwrap_or(JsValue::UNDEFINED)))
    }
}
