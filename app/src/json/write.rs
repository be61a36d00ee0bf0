//! Encodes a derived type as a JavaScript value for `JSON.stringify`; it never supports a form that the wire does not
//! use.

use std::fmt::Display;

use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use wasm_bindgen::JsValue;

use super::NotJson;

type Written = Result<JsValue, NotJson>;
type Never = Impossible<JsValue, NotJson>;

impl ser::Error for NotJson {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

#[derive(Clone, Copy)]
pub(super) struct Writer;

impl Serializer for Writer {
    type Ok = JsValue;
    type Error = NotJson;
    type SerializeSeq = List;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Record;
    type SerializeStruct = Record;
    type SerializeStructVariant = Never;

    fn serialize_bool(self, value: bool) -> Written {
        Ok(value.into())
    }

    fn serialize_i8(self, value: i8) -> Written {
        Ok(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        Ok(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        Ok(value.into())
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers on the wire stay far below 2^53")]
    fn serialize_i64(self, value: i64) -> Written {
        Ok((value as f64).into())
    }

    fn serialize_u8(self, value: u8) -> Written {
        Ok(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        Ok(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        Ok(value.into())
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers on the wire stay far below 2^53")]
    fn serialize_u64(self, value: u64) -> Written {
        Ok((value as f64).into())
    }

    fn serialize_f32(self, value: f32) -> Written {
        Ok(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        Ok(value.into())
    }

    fn serialize_char(self, _: char) -> Written {
        Err(NotJson)
    }

    fn serialize_str(self, value: &str) -> Written {
        Ok(value.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(NotJson)
    }

    fn serialize_none(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        Ok(name.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(NotJson)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, NotJson> {
        Ok(List(Array::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, NotJson> {
        Err(NotJson)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, NotJson> {
        Err(NotJson)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, NotJson> {
        Err(NotJson)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Record, NotJson> {
        Ok(Record { object: Object::new(), key: JsValue::UNDEFINED })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Record, NotJson> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, NotJson> {
        Err(NotJson)
    }
}

pub(super) struct List(Array);

impl SerializeSeq for List {
    type Ok = JsValue;
    type Error = NotJson;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
        self.0.push(&value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

pub(super) struct Record {
    object: Object,
    /// The key of the next value.
    key: JsValue,
}

impl Record {
    fn set(&self, key: &JsValue, value: &JsValue) -> Result<(), NotJson> {
        Reflect::set(&self.object, key, value).map(|_| ()).map_err(|_| NotJson)
    }
}

impl SerializeStruct for Record {
    type Ok = JsValue;
    type Error = NotJson;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotJson> {
        self.set(&name.into(), &value.serialize(Writer)?)
    }

    fn end(self) -> Written {
        Ok(self.object.into())
    }
}

impl SerializeMap for Record {
    type Ok = JsValue;
    type Error = NotJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotJson> {
        self.key = key.serialize(Writer)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotJson> {
        self.set(&self.key, &value.serialize(Writer)?)
    }

    fn end(self) -> Written {
        Ok(self.object.into())
    }
}
