//! A folder of snapshots: which file is which mail's, and how they differ.
//!
//! Owns the names of the files. The server suggests one that is the same each time; the second mail
//! of a name is `NAME.2.mail.txt`. Of several of one name those whose texts are alike belong
//! together, so that it does not matter which of them came first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;

use super::{Failure, output};

const ENDING: &str = ".mail.txt";
/// Two large texts that have nothing in common are not compared for longer.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Mail {
    /// As the server suggests it.
    pub name: String,
    pub text: String,
    /// In the inspector.
    pub url: String,
}

pub struct Kept<'f> {
    folder: &'f Path,
}

impl Kept<'_> {
    pub fn new(folder: &Path) -> Kept<'_> {
        Kept { folder }
    }

    /// The folder then has these mails and no others.
    pub fn update(&self, mails: Vec<Mail>) -> Result<(), Failure> {
        if mails.is_empty() {
            let folder = self.folder.display();
            return Err(Failure::NotDone(format!(
                "there is no such mail; {folder} stays as it is"
            )));
        }
        fs::create_dir_all(self.folder).map_err(|e| failed(self.folder, &e))?;
        let count = mails.len();
        let mut others = self.files()?;
        for (file, mail) in self.paired(mails)? {
            others.remove(&file);
            let done = match self.read(&file)? {
                Some(text) if text == mail.text => continue,
                Some(_) => "changed",
                None => "new",
            };
            let path = self.folder.join(&file);
            fs::write(&path, &mail.text).map_err(|e| failed(&path, &e))?;
            output::print(&format!("{done}: {}", path.display()))?;
        }
        for file in others {
            let path = self.folder.join(&file);
            fs::remove_file(&path).map_err(|e| failed(&path, &e))?;
            output::print(&format!("removed: {}", path.display()))?;
        }
        output::print(&format!("{} kept in {}", counted(count), self.folder.display()))
    }

    pub fn check(&self, mails: Vec<Mail>) -> Result<(), Failure> {
        let (count, mut wrong) = (mails.len(), 0);
        let mut others = self.files()?;
        if count == 0 && others.is_empty() {
            let folder = self.folder.display();
            return Err(Failure::NotDone(format!("there is no such mail, and none in {folder}")));
        }
        for (file, mail) in self.paired(mails)? {
            others.remove(&file);
            let path = self.folder.join(&file);
            let told = match self.read(&file)? {
                Some(text) if text == mail.text => continue,
                Some(text) => difference(&text, &mail, &path),
                None => format!("new: {} is not there for {}", path.display(), mail.url),
            };
            wrong += 1;
            output::print(output::clean(&told).trim_end())?;
        }
        for file in &others {
            wrong += 1;
            let path = self.folder.join(file);
            output::print(&format!("missing: no mail came for {}", path.display()))?;
        }
        let folder = self.folder.display();
        match wrong {
            0 => output::print(&format!("{} as in {folder}", counted(count))),
            _ => Err(Failure::NotDone(format!(
                "{wrong} of {} not as in {folder}; --update takes over what is right",
                counted(count + others.len())
            ))),
        }
    }

    /// The names of the snapshots that are there.
    fn files(&self) -> Result<BTreeSet<String>, Failure> {
        let entries = match fs::read_dir(self.folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            entries => entries.map_err(|e| failed(self.folder, &e))?,
        };
        let mut files = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(|e| failed(self.folder, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            files.extend(Some(name).filter(|name| name.ends_with(ENDING)));
        }
        Ok(files)
    }

    /// Line ends may have become those of Windows on the way through a repository.
    fn read(&self, file: &str) -> Result<Option<String>, Failure> {
        let path: PathBuf = self.folder.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(&path, &e)),
        }
    }

    /// Each mail with its file.
    fn paired(&self, mails: Vec<Mail>) -> Result<Vec<(String, Mail)>, Failure> {
        let mut by_name: BTreeMap<String, Vec<Mail>> = BTreeMap::new();
        for mail in mails {
            by_name.entry(mail.name.clone()).or_default().push(mail);
        }
        let mut paired = Vec::new();
        for (name, mails) in by_name {
            let mut free = Vec::new();
            for n in 1..=mails.len() {
                let file = file_name(&name, n);
                free.push((self.read(&file)?, file));
            }
            let mut left = Vec::new();
            for mail in mails {
                match free.iter().position(|(text, _)| text.as_ref() == Some(&mail.text)) {
                    Some(at) => paired.push((free.remove(at).1, mail)),
                    None => left.push(mail),
                }
            }
            paired.extend(free.into_iter().map(|(_, file)| file).zip(left));
        }
        paired.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(paired)
    }
}

/// Whatever the server says, it is a name and no path.
fn file_name(name: &str, n: usize) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.chars().filter(is_plain).collect();
    let name = name.trim_start_matches('.').trim_end_matches(ENDING);
    match n {
        1 => format!("{name}{ENDING}"),
        n => format!("{name}.{n}{ENDING}"),
    }
}

fn difference(kept: &str, mail: &Mail, path: &Path) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(kept, &mail.text);
    diff.unified_diff().header(&path.display().to_string(), &mail.url).to_string()
}

fn counted(count: usize) -> String {
    format!("{count} mail{}", if count == 1 { " is" } else { "s are" })
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::NotDone(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(name: &str, text: &str) -> Mail {
        Mail { name: format!("{name}{ENDING}"), text: text.to_owned(), url: "http://h/m/1".into() }
    }

    #[test]
    fn mails_of_one_name_belong_to_the_text_that_is_theirs() -> Result<(), Failure> {
        let folder = tempfile::tempdir().map_err(|e| Failure::NotDone(e.to_string()))?;
        let kept = Kept::new(folder.path());
        let mails = |texts: [&str; 3]| texts.map(|text| mail("a_b", text)).into();
        kept.update(mails(["one\n", "two\n", "three\n"]))?;
        kept.check(mails(["three\n", "one\n", "two\n"]))?;
        assert!(kept.check(mails(["three\n", "one\n", "four\n"])).is_err());
        let paired = kept.paired(mails(["three\n", "four\n", "one\n"]))?;
        let told: Vec<_> = paired.iter().map(|(file, mail)| (&file[..], &mail.text[..])).collect();
        assert_eq!(
            told,
            [
                ("a_b.2.mail.txt", "four\n"),
                ("a_b.3.mail.txt", "three\n"),
                ("a_b.mail.txt", "one\n")
            ]
        );
        // Those that came no more are gone, other files are not.
        let path = |name: &str| folder.path().join(name);
        fs::write(path("README.txt"), "").map_err(|e| failed(folder.path(), &e))?;
        fs::write(path("a_b.mail.txt"), "one\r\n").map_err(|e| failed(folder.path(), &e))?;
        kept.update(vec![mail("a_b", "one\n")])?;
        assert!(path("README.txt").exists() && !path("a_b.2.mail.txt").exists());
        kept.check(vec![mail("a_b", "one\n")])?;
        assert!(kept.update(Vec::new()).is_err() && path("a_b.mail.txt").exists());
        assert!(kept.check(Vec::new()).is_err());
        Ok(())
    }
}
