//! Hears every hint that nodes send each other by a Redis server, and sends it again: twice, late,
//! in another order.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Until each of the repeats. What is heard meanwhile overtakes them.
const LATE: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_700)];
/// Repeats that wait; more are lost, as everything may be.
const WAITING_MAX: usize = 10_000;

/// Ends when dropped.
pub struct Echo {
    _tasks: JoinSet<()>,
}

/// A topic and what was said on it.
type Hint = (Vec<u8>, Vec<u8>);

/// What was sent again and not heard again yet: an echo has no echo.
#[derive(Clone, Default)]
struct Own(Arc<Mutex<HashMap<Hint, usize>>>);

impl Echo {
    pub async fn of(port: u16) -> Echo {
        let mut tasks = JoinSet::new();
        let address = (Ipv4Addr::LOCALHOST, port);
        let heard = TcpStream::connect(address).await;
        let said = TcpStream::connect(address).await;
        if let (Ok(heard), Ok(said)) = (heard, said) {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            let own = Own::default();
            let (answers, said) = said.into_split();
            tasks.spawn(hear(heard, sender, own.clone()));
            tasks.spawn(say(said, receiver, own));
            tasks.spawn(ignore(answers));
        }
        Echo { _tasks: tasks }
    }
}

async fn hear(mut redis: TcpStream, repeats: mpsc::Sender<Hint>, own: Own) {
    let mut buffer = Vec::new();
    let mut late = JoinSet::new();
    if redis.write_all(b"PSUBSCRIBE salotto:*\r\n").await.is_err() {
        return;
    }
    while redis.read_buf(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {
        while let Some(words) = take(&mut buffer) {
            let [kind, _, topic, said] = words.as_slice() else { continue };
            let hint = (topic.clone(), said.clone());
            if kind != b"pmessage" || own.hears(&hint) {
                continue;
            }
            for pause in LATE {
                let (repeats, hint) = (repeats.clone(), hint.clone());
                late.spawn(async move {
                    sleep(pause).await;
                    drop(repeats.try_send(hint));
                });
            }
        }
        while late.try_join_next().is_some() {}
    }
}

async fn say(mut redis: OwnedWriteHalf, mut repeats: mpsc::Receiver<Hint>, own: Own) {
    while let Some(hint) = repeats.recv().await {
        let command = command(&[b"PUBLISH", &hint.0, &hint.1]);
        own.says(hint);
        if redis.write_all(&command).await.is_err() {
            return;
        }
    }
}

async fn ignore(mut answers: OwnedReadHalf) {
    let mut bytes = [0; 4_096];
    while answers.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

impl Own {
    fn says(&self, hint: Hint) {
        *self.hints().entry(hint).or_default() += 1;
    }

    /// Whether it is an echo; once for each.
    fn hears(&self, hint: &Hint) -> bool {
        let mut hints = self.hints();
        let Some(count) = hints.get_mut(hint) else { return false };
        *count -= 1;
        if *count == 0 {
            hints.remove(hint);
        }
        true
    }

    fn hints(&self) -> MutexGuard<'_, HashMap<Hint, usize>> {
        self.0.lock().expect("nobody panics with the hints in hand")
    }
}

/// A command of Redis' protocol.
fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend_from_slice(word);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// The first whole list in `buffer`, taken out of it. A number is its digits.
fn take(buffer: &mut Vec<u8>) -> Option<Vec<Vec<u8>>> {
    let (count, mut at) = header(buffer, 0, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        if buffer.get(at) == Some(&b':') {
            let (number, end) = header(buffer, at, b':')?;
            words.push(number.to_string().into_bytes());
            at = end;
            continue;
        }
        let (length, begin) = header(buffer, at, b'$')?;
        words.push(buffer.get(begin..begin + length)?.to_vec());
        at = begin + length + 2;
    }
    if buffer.len() < at {
        return None;
    }
    buffer.drain(..at);
    Some(words)
}

/// The number after `kind`, and where the line ends.
fn header(buffer: &[u8], from: usize, kind: u8) -> Option<(usize, usize)> {
    let line = buffer.get(from..)?;
    let length = line.windows(2).position(|two| two == b"\r\n")?;
    assert_eq!(line[0], kind, "{}", String::from_utf8_lossy(&line[..length]));
    let number = std::str::from_utf8(&line[1..length]).expect("ASCII");
    Some((number.parse().expect("a number"), from + length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patience;
    use crate::redis::RedisServer;

    #[test]
    fn a_list_in_pieces_is_taken_once_it_is_whole() {
        let whole = command(&[b"pmessage", b"a:*", b"a:b", b"\r\n$3"]);
        let mut buffer = Vec::new();
        for byte in &whole[..whole.len() - 1] {
            buffer.push(*byte);
            assert_eq!(take(&mut buffer), None);
        }
        buffer.extend(b"\n*1\r\n:1\r\n");
        let words = take(&mut buffer).expect("whole");
        assert_eq!(words[3], b"\r\n$3");
        assert_eq!(take(&mut buffer), Some(vec![b"1".to_vec()]));
        assert!(buffer.is_empty());
    }

    #[tokio::test]
    async fn what_is_said_once_is_heard_three_times_and_no_more() {
        let server = RedisServer::start().await;
        let _echo = Echo::of(server.port).await;
        let mut ear = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).await.expect("up");
        ear.write_all(b"PSUBSCRIBE salotto:*\r\n").await.expect("sent");
        patience::until("both to listen", || async {
            let listeners = server.ask(&["CLIENT", "LIST", "TYPE", "pubsub"]).await;
            (listeners.lines().count() == 2).then_some(())
        })
        .await;

        for said in ["one", "two"] {
            server.ask(&["PUBLISH", "salotto:all", said]).await;
        }

        let mut heard = Vec::new();
        let mut buffer = Vec::new();
        while heard.len() < 6 {
            let reading = ear.read_buf(&mut buffer);
            assert!(patience::within("an echo", reading).await.expect("a line") > 0);
            while let Some(words) = take(&mut buffer) {
                heard.extend(words.get(3).cloned());
            }
        }
        assert_eq!(heard[..2], [b"one".to_vec(), b"two".to_vec()]);
        for said in [b"one", b"two"] {
            assert_eq!(heard.iter().filter(|it| *it == said).count(), 3);
        }
        let more = tokio::time::timeout(LATE[1] + LATE[0], ear.read_buf(&mut buffer)).await;
        assert!(more.is_err(), "an echo had an echo");
    }
}
