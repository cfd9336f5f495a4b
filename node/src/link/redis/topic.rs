//! The names on the link, and which slot of a Redis Cluster has them.

use salotto_protocol::NodeId;

/// Of a Redis Cluster.
pub(super) const SLOTS: u16 = 16_384;
pub(super) const ALL: &str = "salotto:all";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Topic {
    /// Every node hears it.
    All,
    /// One node's own.
    Inbox(NodeId),
}

impl Topic {
    /// The braces are part of the name: they make each inbox a slot of its own.
    pub(super) fn channel(self) -> String {
        match self {
            Topic::All => ALL.to_owned(),
            Topic::Inbox(node) => format!("salotto:inbox:{{{node}}}"),
        }
    }

    /// Redis hashes what stands between the braces, or all if there are none.
    pub(super) fn slot(self) -> u16 {
        let hash = match self {
            Topic::All => crc16(ALL.as_bytes()),
            Topic::Inbox(node) => crc16(node.to_string().as_bytes()),
        };
        hash % SLOTS
    }
}

/// CRC-16/XMODEM, as the Redis Cluster specification has it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }

    #[test]
    fn an_inbox_has_its_braces() {
        let node = NodeId(uuid::Uuid::nil());
        let inbox = Topic::Inbox(node).channel();
        assert_eq!(inbox, "salotto:inbox:{00000000-0000-0000-0000-000000000000}");
    }
}
