//! The JSON of a bundle: strings with the escapes of `JSON.stringify`, and no others.

/// Writes a string with its quotes.
pub(super) fn write_string(text: &str, to: &mut dyn FnMut(&str)) {
    to("\"");
    let mut rest = text;
    while let Some(at) = rest.find(|letter: char| letter < ' ' || letter == '"' || letter == '\\') {
        let (plain, escaped) = rest.split_at(at);
        to(plain);
        let (letter, later) = escaped.split_at(1);
        match letter {
            "\"" => to("\\\""),
            "\\" => to("\\\\"),
            "\u{8}" => to("\\b"),
            "\t" => to("\\t"),
            "\n" => to("\\n"),
            "\u{c}" => to("\\f"),
            "\r" => to("\\r"),
            control => to(&format!("\\u{:04x}", control.as_bytes()[0])),
        }
        rest = later;
    }
    to(rest);
    to("\"");
}

/// Reads what is left of a text.
pub(super) struct Reader<'t>(&'t str);

impl<'t> Reader<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// Skips exactly this text.
    pub(super) fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// `null`, or what `read` reads.
    pub(super) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.skip("null").is_some() { Some(None) } else { read(self).map(Some) }
    }

    /// A string without escapes.
    pub(super) fn plain_string(&mut self) -> Option<&'t str> {
        self.skip("\"")?;
        let (text, rest) = self.0.split_once('"')?;
        self.0 = rest;
        Some(text)
    }

    /// A string. An escape with a second spelling is found later, when the bundle is written again.
    pub(super) fn string(&mut self) -> Option<String> {
        self.skip("\"")?;
        let mut text = String::new();
        loop {
            let at = self.0.find(['"', '\\'])?;
            let (plain, rest) = self.0.split_at(at);
            text.push_str(plain);
            if let Some(later) = rest.strip_prefix('"') {
                self.0 = later;
                return Some(text);
            }
            let mut letters = rest.strip_prefix('\\')?.chars();
            text.push(match letters.next()? {
                'b' => '\u{8}',
                't' => '\t',
                'n' => '\n',
                'f' => '\u{c}',
                'r' => '\r',
                'u' => {
                    let code = letters.by_ref().take(4).map(|digit| digit.to_digit(16));
                    char::from_u32(code.collect::<Option<Vec<u32>>>()?.iter().fold(0, |code, digit| code * 16 + digit))?
                }
                letter => letter,
            });
            self.0 = letters.as_str();
        }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
