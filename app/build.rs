//! Checks the widget's texts in `texts/`, and writes them as Rust and as the files that browsers fetch. A fault in them
//! ends the build.

#[path = "build/texts.rs"]
mod texts;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use texts::{Language, faults, index, rust, served};

const FOLDER: &str = "texts";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build");
    let languages = read_all(Path::new(FOLDER))?;
    let faults = faults(&languages);
    if !faults.is_empty() {
        for fault in &faults {
            println!("cargo::error={fault}");
        }
        return Err(faults.join("\n").into());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("viewer_texts.rs"), rust(&languages))?;
    let served_folder = out.join(FOLDER);
    // A file of a language that was removed must not be served.
    if served_folder.exists() {
        fs::remove_dir_all(&served_folder)?;
    }
    fs::create_dir(&served_folder)?;
    for language in &languages {
        fs::write(served_folder.join(format!("{}.txt", language.tag)), served(&languages, language))?;
    }
    fs::write(served_folder.join("index.json"), index(&languages))?;
    Ok(())
}

/// Reads each `TAG.json` of the folder, by tag.
fn read_all(folder: &Path) -> Result<Vec<Language>, Box<dyn Error>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let mut languages = Vec::new();
    for file in files {
        let tag = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let language = Language::parse(tag, &fs::read_to_string(&file)?);
        languages.push(language.map_err(|error| format!("app/{}: {error}", file.display()))?);
    }
    Ok(languages)
}
