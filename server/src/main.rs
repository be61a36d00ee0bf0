//! The program `live-jury`: start, settings, stop.

fn main() {}
