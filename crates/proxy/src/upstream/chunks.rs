//! Decoding of the chunked transfer coding.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::exchange::ExchangeError;

/// Longest size line, extensions included.
const MAX_LINE: usize = 8 * 1024;
/// Longest trailer section.
const MAX_TRAILERS: usize = 64 * 1024;
const MAX_TRAILER_LINES: usize = 64;

/// Where in a chunked body we are.
#[derive(Debug)]
pub(crate) enum Chunks {
    /// Before a size line.
    Size,
    /// Inside a chunk, so many bytes before its end.
    Data(u64),
    /// Before the line end that follows a chunk.
    DataEnd,
    /// After the last chunk.
    Trailers,
    /// After everything.
    Done,
}

/// What the decoder found.
#[derive(Debug)]
pub(crate) enum Chunk {
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    /// More bytes are needed.
    Wanting,
}

impl Chunks {
    /// Takes the next piece out of `buffer`.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Chunk, ExchangeError> {
        loop {
            match self {
                Self::Size => {
                    let Some(size) = size_line(buffer)? else { return Ok(Chunk::Wanting) };
                    *self = if size == 0 { Self::Trailers } else { Self::Data(size) };
                }
                Self::Data(left) => {
                    if buffer.is_empty() {
                        return Ok(Chunk::Wanting);
                    }
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                    *left -= length as u64;
                    if *left == 0 {
                        *self = Self::DataEnd;
                    }
                    return Ok(Chunk::Data(buffer.split_to(length).freeze()));
                }
                Self::DataEnd => match buffer.as_ref() {
                    [b'\r', b'\n', ..] => {
                        buffer.advance(2);
                        *self = Self::Size;
                    }
                    [] | [b'\r'] => return Ok(Chunk::Wanting),
                    _ => return Err(ExchangeError::Protocol("a chunk is longer than its size")),
                },
                Self::Trailers => {
                    let Some(trailers) = trailers(buffer)? else { return Ok(Chunk::Wanting) };
                    *self = Self::Done;
                    return Ok(if trailers.is_empty() { Chunk::End } else { Chunk::Trailers(trailers) });
                }
                Self::Done => return Ok(Chunk::End),
            }
        }
    }

    /// Whether everything was decoded.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

fn size_line(buffer: &mut BytesMut) -> Result<Option<u64>, ExchangeError> {
    match httparse::parse_chunk_size(buffer) {
        Ok(httparse::Status::Complete((length, size))) => {
            buffer.advance(length);
            Ok(Some(size))
        }
        Ok(httparse::Status::Partial) if buffer.len() <= MAX_LINE => Ok(None),
        _ => Err(ExchangeError::Protocol("a chunk's size cannot be read")),
    }
}

fn trailers(buffer: &mut BytesMut) -> Result<Option<HeaderMap>, ExchangeError> {
    const WRONG: ExchangeError = ExchangeError::Protocol("the trailers cannot be read");
    if buffer.starts_with(b"\r\n") {
        buffer.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let mut lines = [httparse::EMPTY_HEADER; MAX_TRAILER_LINES];
    match httparse::parse_headers(buffer, &mut lines) {
        Ok(httparse::Status::Complete((length, lines))) => {
            let mut trailers = HeaderMap::with_capacity(lines.len());
            for line in lines {
                let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| WRONG)?;
                trailers.append(name, HeaderValue::from_bytes(line.value).map_err(|_| WRONG)?);
            }
            buffer.advance(length);
            Ok(Some(trailers))
        }
        Ok(httparse::Status::Partial) if buffer.len() <= MAX_TRAILERS => Ok(None),
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `input` given in pieces of `step` bytes.
    fn decode(input: &[u8], step: usize) -> Result<(Vec<u8>, Option<HeaderMap>, usize), ExchangeError> {
        let (mut chunks, mut buffer, mut data, mut trailers) =
            (Chunks::Size, BytesMut::new(), Vec::new(), None);
        let mut pieces = input.chunks(step);
        loop {
            match chunks.decode(&mut buffer)? {
                Chunk::Data(bytes) => data.extend_from_slice(&bytes),
                Chunk::Trailers(found) => trailers = Some(found),
                Chunk::End => {
                    return Ok((data, trailers, buffer.len() + pieces.map(<[u8]>::len).sum::<usize>()));
                }
                Chunk::Wanting => buffer.extend_from_slice(pieces.next().expect("the body ends")),
            }
        }
    }

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let input = b"5;ext=1\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\nrest";
        for step in 1..input.len() {
            let (data, trailers, rest) = decode(input, step).unwrap();
            assert_eq!(data, b"hello 0123456789");
            assert_eq!(trailers.unwrap()["x-sum"], "1");
            assert_eq!(rest, 4);
        }
        assert_eq!(decode(b"0\r\n\r\n", 1).unwrap().0, b"");
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for input in
            [&b"x\r\n"[..], b"1\r\nab\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"0\r\nno colon\r\n\r\n"]
        {
            assert!(decode(input, 1).is_err(), "{input:?}");
        }
    }
}
