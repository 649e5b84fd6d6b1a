//! The helper's side: one transaction, then the end. A held session ends at SIGTERM.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{SigSet, Signal};

use super::ffi::{Conversation, LibPam, SUCCESS, Transaction};
use super::protocol::{Answer, Operation, Request, checked_length};
use super::{HELPER_ARGUMENT, HELPER_VARIABLE, Refusal, Stage};

/// To be called first thing in `main`, before any thread is made. `Some` if this process was started as a helper and
/// has done its work: return the code.
pub fn helper_main() -> Option<ExitCode> {
    let called = std::env::args_os().nth(1).is_some_and(|argument| argument == HELPER_ARGUMENT);
    (called && is_helper()).then(run)
}

/// Whether the hub started this process as a helper.
pub(super) fn is_helper() -> bool {
    std::env::var_os(HELPER_VARIABLE).is_some()
}

/// Does what the hub asks.
pub(super) fn run() -> ExitCode {
    match converse() {
        Ok(()) => ExitCode::SUCCESS,
        // The hub sees that there is no answer; there is nowhere else to say it.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Takes the socket away from standard input, so that modules neither read from it nor keep it open.
fn take_socket() -> io::Result<UnixStream> {
    let socket = fcntl(io::stdin(), FcntlArg::F_DUPFD_CLOEXEC(3))?;
    #[expect(unsafe_code, reason = "fcntl returns a plain number")]
    // SAFETY: F_DUPFD_CLOEXEC succeeded, so the number is a new descriptor that nothing else owns.
    let socket = unsafe { <UnixStream as std::os::fd::FromRawFd>::from_raw_fd(socket) };
    let null = File::open("/dev/null")?;
    nix::unistd::dup2_stdin(null.as_fd())?;
    Ok(socket)
}

fn converse() -> io::Result<()> {
    let mut socket = take_socket()?;
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let mut body = vec![0; checked_length(u32::from_le_bytes(length))?];
    socket.read_exact(&mut body)?;
    let request = Request::decode(&body).ok_or(io::ErrorKind::InvalidData)?;
    drop(body);

    let library = match LibPam::load() {
        Ok(library) => library,
        Err(error) => return answer(&mut socket, &Answer::Unavailable(error.to_string())),
    };
    let c_string = |bytes| CString::new(bytes).map_err(io::Error::other);
    let (service, user) = (c_string(request.service)?, c_string(request.user)?);
    let secrets = request.secrets.into_iter().map(c_string).collect::<io::Result<_>>()?;
    let conversation = Conversation { secrets, said: Vec::new() };
    let transaction = match Transaction::start(&library, &service, &user, conversation) {
        Ok(transaction) => transaction,
        Err((code, text)) => {
            let refusal = Refusal { stage: Stage::Start, code, text, said: Vec::new() };
            return answer(&mut socket, &Answer::Refused(refusal));
        }
    };
    carry_out(request.operation, transaction, &mut socket)
}

fn carry_out(
    operation: Operation,
    mut transaction: Transaction<'_>,
    socket: &mut UnixStream,
) -> io::Result<()> {
    let outcome = match operation {
        Operation::Authenticate => match transaction.authenticate() {
            SUCCESS => (Stage::Account, transaction.check_account()),
            code => (Stage::Authenticate, code),
        },
        Operation::CheckAccount => (Stage::Account, transaction.check_account()),
        Operation::CloseSession => (Stage::Session, transaction.close_session()),
        Operation::HoldSession => {
            // It outlives the hub and its terminal.
            let _ = nix::unistd::setsid();
            (Stage::Session, transaction.open_session())
        }
    };
    let (stage, code) = outcome;
    if code != SUCCESS {
        let refusal = Refusal { stage, code, text: transaction.describe(code), said: transaction.said() };
        return answer(socket, &Answer::Refused(refusal));
    }
    match operation {
        Operation::Authenticate => transaction.renew_credentials(),
        Operation::HoldSession => return hold(transaction, socket),
        Operation::CheckAccount | Operation::CloseSession => {}
    }
    // The transaction ends before the hub hears of its success, as modules may act at its end.
    drop(transaction);
    answer(socket, &Answer::Done)
}

/// Keeps the session open until SIGTERM.
fn hold(mut transaction: Transaction<'_>, socket: &mut UnixStream) -> io::Result<()> {
    let mut term = SigSet::empty();
    term.add(Signal::SIGTERM);
    term.thread_block()?;
    if answer(socket, &Answer::Done).is_err() {
        // The hub has given up: nobody would close the session.
        transaction.close_session();
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    socket.shutdown(std::net::Shutdown::Both)?;
    while term.wait()? != Signal::SIGTERM {}
    match transaction.close_session() {
        SUCCESS => Ok(()),
        code => Err(io::Error::other(transaction.describe(code))),
    }
}

fn answer(socket: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    socket.write_all(&answer.encode())
}
