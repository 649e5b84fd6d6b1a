use perijove_model::value::Value;

use super::{from_words, parse_words};
use crate::kind::{Choice, DICT, FLOAT, Kind, LIST, SET};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn read(kind: &Kind, given: &[&str]) -> String {
    parse_words(kind, &words(given)).map_or_else(|_| "error".to_owned(), |value| value.repr())
}

#[test]
fn scalars() {
    assert_eq!(read(&Kind::Bool, &["TRUE"]), "True");
    assert_eq!(read(&Kind::Bool, &["yes"]), "error");
    assert_eq!(read(&Kind::Int, &[" 8_000 "]), "8000");
    assert_eq!(read(&Kind::Int, &["8000.0"]), "error");
    assert_eq!(read(&FLOAT, &["14"]), "14.0");
    assert_eq!(read(&Kind::Unicode, &["'quoted'"]), "'quoted'");
    assert_eq!(read(&Kind::Unicode, &["None"]), "'None'");
    assert_eq!(read(&Kind::Optional(&Kind::Unicode), &["None"]), "None");
    assert_eq!(read(&Kind::Int, &["1", "2"]), "error");
}

#[test]
fn containers() {
    assert_eq!(read(&LIST, &["a", "b"]), "['a', 'b']");
    assert_eq!(read(&LIST, &["['a', 1]"]), "['a', 1]");
    assert_eq!(read(&SET, &["{'a'}"]), "{'a'}");
    assert_eq!(read(&SET, &["a"]), "{'a'}");
    assert_eq!(read(&Kind::Command(1), &["jupyterhub-singleuser"]), "['jupyterhub-singleuser']");
    assert_eq!(read(&DICT, &["a=1", "b=2=3"]), "{'a': '1', 'b': '2=3'}");
    assert_eq!(read(&DICT, &["{'a': 1}"]), "{'a': 1}");
    assert_eq!(read(&DICT, &["a"]), "error");
    assert_eq!(read(&Kind::Dict(&Kind::Unicode, &Kind::Unicode), &["/x/=http://h"]), "{'/x/': 'http://h'}");
}

#[test]
fn choices_and_unions() {
    let levels = Kind::Enum(&[Choice::Int(10), Choice::Text("DEBUG")]);
    assert_eq!(read(&levels, &["DEBUG"]), "'DEBUG'");
    assert_eq!(read(&levels, &["10"]), "10");
    let limit = Kind::Union(&[Kind::Int, Kind::Callable]);
    assert_eq!(read(&limit, &["5"]), "5");
    assert_eq!(read(&Kind::Union(&[Kind::Bytes, Kind::Unicode]), &["abcd"]), "b'abcd'");
}

#[test]
fn what_cannot_be_read_stays_text() {
    assert_eq!(from_words(&Kind::Int, &words(&["x"])), Value::from("x"));
}
