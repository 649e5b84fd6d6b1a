//! What the hub and a helper say to each other: frames of a length and fields, each with its length.

use std::io;

use super::{Refusal, Stage};

/// Far more than a name, a password and a few messages need.
const MAX_LENGTH: u32 = 1 << 20;

/// What a helper is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Authenticate,
    CheckAccount,
    HoldSession,
    CloseSession,
}

/// One request.
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) service: Vec<u8>,
    pub(super) user: Vec<u8>,
    pub(super) secrets: Vec<Vec<u8>>,
}

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Refused(Refusal),
    Unavailable(String),
}

/// The length of a frame, if it is reasonable.
pub(super) fn checked_length(length: u32) -> io::Result<usize> {
    let length = (length <= MAX_LENGTH).then_some(length).and_then(|length| usize::try_from(length).ok());
    length.ok_or_else(|| io::Error::other("a message is too long"))
}

fn frame<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut frame = vec![0; 4];
    for field in fields {
        // Nothing here comes near 4 GiB; a cut field would only make the other side refuse the message.
        frame.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes());
        frame.extend_from_slice(field);
    }
    let length = u32::try_from(frame.len().saturating_sub(4)).unwrap_or(u32::MAX);
    if let Some(head) = frame.first_chunk_mut() {
        *head = length.to_le_bytes();
    }
    frame
}

fn fields(mut body: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        fields.push(field);
        body = rest;
    }
    Some(fields)
}

impl Request {
    /// The whole frame.
    pub(super) fn encode(&self) -> Vec<u8> {
        let operation: &[u8] = match self.operation {
            Operation::Authenticate => b"authenticate",
            Operation::CheckAccount => b"account",
            Operation::HoldSession => b"hold",
            Operation::CloseSession => b"close",
        };
        let head = [operation, &self.service, &self.user];
        frame(head.into_iter().chain(self.secrets.iter().map(Vec::as_slice)))
    }

    /// Reads the body of a frame.
    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let fields = fields(body)?;
        let [operation, service, user, secrets @ ..] = fields.as_slice() else { return None };
        let operation = match *operation {
            b"authenticate" => Operation::Authenticate,
            b"account" => Operation::CheckAccount,
            b"hold" => Operation::HoldSession,
            b"close" => Operation::CloseSession,
            _ => return None,
        };
        let secrets = secrets.iter().map(|secret| secret.to_vec()).collect();
        Some(Self { operation, service: service.to_vec(), user: user.to_vec(), secrets })
    }
}

impl Answer {
    /// The whole frame.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Done => frame([b"done".as_slice()]),
            Self::Unavailable(cause) => frame([b"unavailable".as_slice(), cause.as_bytes()]),
            Self::Refused(refusal) => {
                let stage: &[u8] = match refusal.stage {
                    Stage::Start => b"start",
                    Stage::Authenticate => b"authenticate",
                    Stage::Account => b"account",
                    Stage::Session => b"session",
                };
                let code = refusal.code.to_le_bytes();
                let head: [&[u8]; 4] = [b"refused", stage, &code, refusal.text.as_bytes()];
                frame(head.into_iter().chain(refusal.said.iter().map(String::as_bytes)))
            }
        }
    }

    /// Reads the body of a frame.
    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match fields(body)?.as_slice() {
            [b"done"] => Some(Self::Done),
            [b"unavailable", cause] => Some(Self::Unavailable(text(cause))),
            [b"refused", stage, code, words, said @ ..] => {
                let stage = match *stage {
                    b"start" => Stage::Start,
                    b"authenticate" => Stage::Authenticate,
                    b"account" => Stage::Account,
                    b"session" => Stage::Session,
                    _ => return None,
                };
                let code = i32::from_le_bytes((*code).try_into().ok()?);
                let said = said.iter().map(|said| text(said)).collect();
                Some(Self::Refused(Refusal { stage, code, text: text(words), said }))
            }
            _ => None,
        }
    }
}
