//! Finds the modules that a Rust source uses, from its words and paths; it skips comments and texts, and needs no
//! compiler.

use std::iter::Peekable;
use std::str::CharIndices;

/// A word, `::`, or another single letter, with its line.
#[derive(Debug)]
struct Token<'s> {
    line: usize,
    text: &'s str,
}

/// The top modules that a file of the server uses, with their lines. `path` is the file's path below the sources.
pub fn used_modules(path: &str, source: &str) -> Vec<(usize, String)> {
    let file: Vec<&str> = match path.trim_end_matches(".rs") {
        "main" => Vec::new(),
        module => module.split('/').collect(),
    };
    let tokens = tokens(source);
    let (mut used, mut inline, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |by: usize| tokens.get(at + by).map(|token| token.text);
        let is_start = at == 0 || !matches!(tokens[at - 1].text, "::" | "$" | ".");
        match token.text {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|opened| *opened <= depth);
            }
            "mod" if next(2) == Some("{") => inline.push(depth + 1),
            "crate" | "live_jury_server" if is_start && next(1) == Some("::") => {
                at = tree(&tokens, at + 2, Some(0), &mut used);
                continue;
            }
            "super" if is_start && next(1) == Some("::") => {
                at = tree(&tokens, at, Some(file.len() + inline.len()), &mut used);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    used
}

/// Reads a path or a tree of paths. `base` is the number of modules above its start, or none inside a module that is
/// already named. Returns the index after it.
fn tree(tokens: &[Token<'_>], mut at: usize, base: Option<usize>, used: &mut Vec<(usize, String)>) -> usize {
    let Some(token) = tokens.get(at) else { return at };
    let is_path = tokens.get(at + 1).is_some_and(|next| next.text == "::");
    match (token.text, base) {
        ("{", _) => {
            at += 1;
            while tokens.get(at).is_some_and(|token| token.text != "}") {
                at = match tokens[at].text {
                    "," => at + 1,
                    "as" => at + 2,
                    _ => tree(tokens, at, base, used),
                };
            }
            at + 1
        }
        ("super", Some(base)) if is_path => tree(tokens, at + 2, base.checked_sub(1), used),
        ("self", _) if is_path => tree(tokens, at + 2, base, used),
        (_, Some(0)) => {
            used.push((token.line, token.text.to_owned()));
            if is_path { tree(tokens, at + 2, None, used) } else { at + 1 }
        }
        _ if is_path => tree(tokens, at + 2, None, used),
        _ => at + 1,
    }
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut line) = (Vec::new(), 1);
    let mut letters = source.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        let rest = &source[start..];
        let skipped = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment_length(rest),
            '"' => text_length(rest),
            '\'' => letter_length(rest),
            'r' | 'b' | 'c' => prefixed_length(rest),
            _ => 0,
        };
        if skipped > 0 {
            skip(&mut letters, start + skipped);
            line += rest[..skipped].matches('\n').count();
            continue;
        }
        let length = if is_word(letter) {
            rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            letter.len_utf8()
        };
        if letter == '\n' {
            line += 1;
        } else if !letter.is_whitespace() {
            tokens.push(Token { line, text: &rest[..length] });
        }
        skip(&mut letters, start + length);
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn skip(letters: &mut Peekable<CharIndices<'_>>, to: usize) {
    while letters.next_if(|(at, _)| *at < to).is_some() {}
}

/// The length of a comment of several lines, which may be nested.
fn comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text in quotes.
fn text_length(rest: &str) -> usize {
    let mut escaped = true;
    for (at, letter) in rest.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a letter in quotes; 0 for a lifetime.
fn letter_length(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => {
            letters.next();
            letters.find(|(_, letter)| *letter == '\'').map_or(0, |(at, _)| at + 1)
        }
        Some(_) => letters.next().filter(|(_, letter)| *letter == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// The length of a raw text, of bytes or of a C text; 0 for a word that only begins with the same letter.
fn prefixed_length(rest: &str) -> usize {
    let after = rest.trim_start_matches(['r', 'b', 'c']);
    let (prefix, hashes) = (rest.len() - after.len(), after.len() - after.trim_start_matches('#').len());
    let body = &after[hashes..];
    if prefix > 2 || !body.starts_with('"') {
        return 0;
    }
    if !rest[..prefix].contains('r') {
        return if hashes == 0 { prefix + text_length(body) } else { 0 };
    }
    let end = format!("\"{}", "#".repeat(hashes));
    body[1..].find(&end).map_or(rest.len(), |at| prefix + hashes + 1 + at + end.len())
}
