//! Every limit that both sides of a socket must know, with its unit and its reason.

/// The version of the socket protocol.
pub const PROTOCOL: u16 = 1;

/// One WebSocket frame: a message of the longest text, escaped, fits three times over.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// One message over all its fragments.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Nobody cuts a chat message into more pieces in good faith.
pub const FRAGMENTS_MAX: usize = 64;
/// The first frame: a token, a page and `CURSORS_MAX` cursors fit.
pub const HELLO_BYTES_MAX: usize = 4 * 1024;
/// A client that has said nothing by then only takes up a place.
pub const HELLO_TIMEOUT_MS: u64 = 5_000;
/// Conversations that one `hello` resumes.
pub const CURSORS_MAX: usize = 16;
/// Conversations that one socket follows at once; a console has its tabs.
pub const ATTACHED_MAX: usize = 64;

/// Sockets of one visitor on one node: more tabs than anybody keeps open.
pub const VISITOR_SOCKETS_MAX: usize = 16;
/// Boards that one socket watches at once; a console shows one inbox, perhaps a few.
pub const BOARDS_MAX: usize = 16;

/// A message or a comment, in UTF-8.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;
/// What browsers send at most.
pub const URL_BYTES_MAX: usize = 2 * 1024;
pub const TITLE_BYTES_MAX: usize = 256;
/// An away or a wait message: a few lines above the text field.
pub const NOTICE_BYTES_MAX: usize = 2 * 1024;
/// The longest address that mail servers take.
pub const EMAIL_BYTES_MAX: usize = 254;
/// Who would wait for a day need not be asked how long they would.
pub const PATIENCE_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// An answer by e-mail is promised within a minute at least, and a month at most.
pub const ANSWER_WITHIN_MS_MIN: u64 = 60 * 1_000;
pub const ANSWER_WITHIN_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;
/// A line of the live list.
pub const PREVIEW_CHARS_MAX: usize = 120;

/// More than this behind, and history is read over HTTP instead.
pub const CATCH_UP_ENTRIES_MAX: usize = 200;
/// One page of history.
pub const PAGE_ENTRIES_MAX: usize = 200;
/// The texts of one page of history together; a page has one entry at least.
pub const PAGE_TEXT_BYTES_MAX: usize = 256 * 1024;
/// Entries that one write may have.
pub const WRITE_ENTRIES_MAX: usize = 8;
/// Conversations listed in a visitor's `welcome`.
pub const WELCOME_CONVERSATIONS_MAX: usize = 20;

/// Visitor messages: so many at once, then so many a second.
pub const VISITOR_MESSAGES_BURST: u32 = 20;
pub const VISITOR_MESSAGES_PER_SECOND: u32 = 4;
/// All frames of a visitor's socket, typing and marks included.
pub const VISITOR_FRAMES_BURST: u32 = 120;
pub const VISITOR_FRAMES_PER_SECOND: u32 = 30;
/// Conversations that a visitor attaches, in `hello` too: each costs a read of the log.
pub const VISITOR_ATTACHES_BURST: u32 = 64;
pub const VISITOR_ATTACHES_PER_SECOND: u32 = 4;
/// An agent works in many conversations at once.
pub const AGENT_FRAMES_BURST: u32 = 600;
pub const AGENT_FRAMES_PER_SECOND: u32 = 150;

/// Frames refused for their rate within a minute, before the socket is closed.
pub const FLOOD_FRAMES_MAX: u16 = 200;

/// Weekly rows of hours: a few for each day, and one or two that hold on several.
pub const HOURS_ROWS_MAX: usize = 64;
/// Holidays of operating hours: those of several years.
pub const HOLIDAYS_MAX: usize = 200;
/// Absences of an agent: what is past may stay.
pub const ABSENCES_MAX: usize = 200;

/// Shown this long after the last `typing {on: true}`.
pub const TYPING_LAPSES_MS: u64 = 6_000;

const _: () = assert!(TEXT_BYTES_MAX * 6 < FRAME_BYTES_MAX, "an escaped text fits a frame");
const _: () = assert!(FRAME_BYTES_MAX <= MESSAGE_BYTES_MAX);
const _: () = assert!(HELLO_BYTES_MAX <= FRAME_BYTES_MAX);
const _: () = assert!(CURSORS_MAX <= ATTACHED_MAX);
