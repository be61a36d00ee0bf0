//! Marks a place in an element by two comments, and replaces what lies between them; it never makes content itself.
//!
//! Translators and extensions replace text nodes, or wrap them in elements of their own. They leave comments alone, so
//! the place is found whatever happened to its content.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Comment, Node, Text};

use super::{Children, append};

/// A place between two comments.
#[derive(Clone)]
pub(super) struct Range {
    start: Comment,
    end: Comment,
}

impl Range {
    pub(super) fn new() -> Self {
        Self { start: document().create_comment(""), end: document().create_comment("") }
    }

    /// The two comments, to be added to an element.
    pub(super) fn children(&self) -> Children {
        let fragment: Node = document().create_document_fragment().into();
        append(&fragment, Children(Some(self.start.clone().into())));
        append(&fragment, Children(Some(self.end.clone().into())));
        Children(Some(fragment))
    }

    /// The comment at the place's start.
    pub(super) fn start(&self) -> &Comment {
        &self.start
    }

    /// Takes the place with its content off the page, to be added to an element.
    pub(super) fn take(&self) -> Node {
        let fragment: Node = document().create_document_fragment().into();
        let mut next: Option<Node> = Some(self.start.clone().into());
        while let Some(node) = next {
            next = node.next_sibling().filter(|_| !node.is_same_node(Some(&self.end)));
            append(&fragment, Children(Some(node)));
        }
        fragment
    }

    /// Whether the text is all that lies between the comments.
    pub(super) fn holds_only(&self, text: &Text) -> bool {
        let is_text = |node: Option<Node>| node.is_some_and(|node| node.is_same_node(Some(text)));
        is_text(self.start.next_sibling()) && is_text(self.end.previous_sibling())
    }

    /// Removes what lies between the comments, and adds `new` there.
    pub(super) fn replace(&self, new: Option<Node>) {
        while let Some(old) = self.end.previous_sibling().filter(|old| !old.is_same_node(Some(&self.start))) {
            old.unchecked_ref::<web_sys::Element>().remove();
        }
        if let (Some(parent), Some(new)) = (self.end.parent_node(), new) {
            // The call fails only for a node that contains its parent. Nodes added here are new.
            let _ = parent.insert_before(&new, Some(&self.end));
        }
    }
}
