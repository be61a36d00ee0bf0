//! Parts of the view that follow signals, all of one type: what is generic here would be sent to every viewer once for
//! each closure, so closures are boxed and what they draw is erased.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// Draws what `draw` gives, and again whenever something changes that it read.
pub(super) fn live(draw: impl FnMut() -> Option<AnyView> + Send + 'static) -> AnyView {
    erased(Arc::new(Mutex::new(draw)))
}

fn erased(draw: SharedReactiveFunction<Option<AnyView>>) -> AnyView {
    draw.into_any()
}
