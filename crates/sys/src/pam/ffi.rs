//! libpam, loaded at run time: the program also runs where it is not installed.

#![expect(unsafe_code, reason = "calls a C library")]

use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use libloading::Library;

pub(super) const SUCCESS: c_int = 0;
const BUFFER_ERROR: c_int = 5;
const CONVERSATION_ERROR: c_int = 19;
const REINITIALIZE_CREDENTIALS: c_int = 0x0008;

const PROMPT_ECHO_OFF: c_int = 1;
const ERROR_MESSAGE: c_int = 3;
const TEXT_INFO: c_int = 4;

/// Most messages that a module may send at once (`PAM_MAX_NUM_MSG`).
const MAX_MESSAGES: usize = 32;

type Handle = *mut c_void;

#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct Response {
    text: *mut c_char,
    code: c_int,
}

type Converse = unsafe extern "C" fn(c_int, *mut *const Message, *mut *mut Response, *mut c_void) -> c_int;

#[repr(C)]
struct Conv {
    converse: Option<Converse>,
    data: *mut c_void,
}

type Start = unsafe extern "C" fn(*const c_char, *const c_char, *const Conv, *mut Handle) -> c_int;
type Step = unsafe extern "C" fn(Handle, c_int) -> c_int;
type Describe = unsafe extern "C" fn(Handle, c_int) -> *const c_char;

/// The functions of libpam.
pub(super) struct LibPam {
    start: Start,
    authenticate: Step,
    account: Step,
    credentials: Step,
    open_session: Step,
    close_session: Step,
    end: Step,
    describe: Describe,
    // Last, so that it is unloaded last.
    _library: Library,
}

impl LibPam {
    /// Loads the library.
    pub(super) fn load() -> Result<Self, libloading::Error> {
        // SAFETY: libpam's initialisers have no requirements; the symbols have had these types since Linux-PAM 0.5x.
        unsafe {
            let library = Library::new("libpam.so.0")?;
            Ok(Self {
                start: *library.get::<Start>(b"pam_start\0")?,
                authenticate: *library.get::<Step>(b"pam_authenticate\0")?,
                account: *library.get::<Step>(b"pam_acct_mgmt\0")?,
                credentials: *library.get::<Step>(b"pam_setcred\0")?,
                open_session: *library.get::<Step>(b"pam_open_session\0")?,
                close_session: *library.get::<Step>(b"pam_close_session\0")?,
                end: *library.get::<Step>(b"pam_end\0")?,
                describe: *library.get::<Describe>(b"pam_strerror\0")?,
                _library: library,
            })
        }
    }
}

/// The other side of a module's questions.
#[derive(Default)]
pub(super) struct Conversation {
    /// Answers to questions whose answer is not shown, in order.
    pub(super) secrets: VecDeque<CString>,
    /// What modules told the user.
    pub(super) said: Vec<String>,
}

/// A transaction.
pub(super) struct Transaction<'a> {
    library: &'a LibPam,
    handle: Handle,
    last: c_int,
    conversation: *mut Conversation,
}

impl<'a> Transaction<'a> {
    /// Reads the service's configuration.
    pub(super) fn start(
        library: &'a LibPam,
        service: &CStr,
        user: &CStr,
        conversation: Conversation,
    ) -> Result<Self, (c_int, String)> {
        let conversation = Box::into_raw(Box::new(conversation));
        let conv = Conv { converse: Some(converse), data: conversation.cast() };
        let mut handle = ptr::null_mut();
        // SAFETY: all pointers are valid for the call; libpam copies strings and `conv`. The conversation lives until
        // `drop`, after `pam_end`.
        let code = unsafe { (library.start)(service.as_ptr(), user.as_ptr(), &conv, &mut handle) };
        let transaction = Self { library, handle, last: code, conversation };
        if code == SUCCESS { Ok(transaction) } else { Err((code, transaction.describe(code))) }
    }

    fn step(&mut self, step: Step, flags: c_int) -> c_int {
        // SAFETY: the handle came from a successful `pam_start` and has not been ended.
        self.last = unsafe { step(self.handle, flags) };
        self.last
    }

    pub(super) fn authenticate(&mut self) -> c_int {
        self.step(self.library.authenticate, 0)
    }

    pub(super) fn check_account(&mut self) -> c_int {
        self.step(self.library.account, 0)
    }

    /// Renews Kerberos tickets and the like. Its failure does not matter, as upstream has it.
    pub(super) fn renew_credentials(&mut self) {
        let before = self.last;
        self.step(self.library.credentials, REINITIALIZE_CREDENTIALS);
        self.last = before;
    }

    pub(super) fn open_session(&mut self) -> c_int {
        self.step(self.library.open_session, 0)
    }

    pub(super) fn close_session(&mut self) -> c_int {
        self.step(self.library.close_session, 0)
    }

    /// libpam's words for a number.
    pub(super) fn describe(&self, code: c_int) -> String {
        // SAFETY: accepts any handle, a null one included, and any number; the text is static.
        let text = unsafe { (self.library.describe)(self.handle, code) };
        if text.is_null() {
            return "unknown error".to_owned();
        }
        // SAFETY: not null, so it is a C string.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }

    /// What modules said so far.
    pub(super) fn said(&self) -> Vec<String> {
        // SAFETY: made in `start`, freed in `drop`; only `converse` writes to it, and no step is running now.
        unsafe { (*self.conversation).said.clone() }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is ended once; then nothing uses the conversation any more.
        unsafe {
            if !self.handle.is_null() {
                (self.library.end)(self.handle, self.last);
            }
            drop(Box::from_raw(self.conversation));
        }
    }
}

/// Answers a module's questions.
unsafe extern "C" fn converse(
    count: c_int,
    messages: *mut *const Message,
    responses: *mut *mut Response,
    data: *mut c_void,
) -> c_int {
    let count = match usize::try_from(count) {
        Ok(count @ 1..=MAX_MESSAGES) => count,
        _ => return CONVERSATION_ERROR,
    };
    // SAFETY: `data` is the conversation given to `pam_start`; libpam gives `count` pointers to messages and a place
    // for an array of answers, which the caller frees with `free`, each text included.
    unsafe {
        let conversation = &mut *data.cast::<Conversation>();
        let answers = libc::calloc(count, size_of::<Response>()).cast::<Response>();
        if answers.is_null() {
            return BUFFER_ERROR;
        }
        for index in 0..count {
            let message = &**messages.add(index);
            match message.style {
                PROMPT_ECHO_OFF => {
                    let Some(secret) = conversation.secrets.pop_front() else {
                        give_up(answers, count);
                        return CONVERSATION_ERROR;
                    };
                    (*answers.add(index)).text = libc::strdup(secret.as_ptr());
                }
                ERROR_MESSAGE | TEXT_INFO if !message.text.is_null() => {
                    conversation.said.push(CStr::from_ptr(message.text).to_string_lossy().into_owned());
                }
                // A visible answer is never given, as upstream has it.
                _ => {}
            }
        }
        *responses = answers;
    }
    SUCCESS
}

/// Frees answers that no module will get.
unsafe fn give_up(answers: *mut Response, count: usize) {
    // SAFETY: `answers` has `count` entries, each text null or from `strdup`.
    unsafe {
        for index in 0..count {
            libc::free((*answers.add(index)).text.cast());
        }
        libc::free(answers.cast());
    }
}
