//! Signed tokens: a visitor's (for good), an agent's for one socket (for a minute), and CSRF.
//!
//! `v1.PAYLOAD.MAC`, both base64url: HMAC-SHA256 with the store's secret over the kind and the
//! payload, compared in constant time. The kind is signed too: no token passes for another kind.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use salotto_protocol::{AgentId, SiteId, VisitorId};
use sha2::Sha256;
use uuid::Uuid;

use crate::session::Identity;

const VISITOR: &str = "v1";
const SOCKET: &str = "s1";
const CSRF: &str = "c1";
/// The longest token of ours, with room: longer ones are not worth a look.
const TOKEN_CHARS_MAX: usize = 256;

/// Signs and checks with the store's secret. No look-up.
#[derive(Clone)]
pub(crate) struct Tokens {
    secret: [u8; 32],
}

impl Tokens {
    pub(crate) fn new(secret: [u8; 32]) -> Tokens {
        Tokens { secret }
    }

    /// 128 random bits of visitor id, bound to the site.
    pub(crate) fn for_visitor(&self, who: Identity) -> String {
        let mut payload = [0; 32];
        payload[..16].copy_from_slice(who.visitor.0.as_bytes());
        payload[16..].copy_from_slice(who.site.0.as_bytes());
        self.sign(VISITOR, &payload)
    }

    pub(crate) fn visitor(&self, token: &str) -> Option<Identity> {
        let payload: [u8; 32] = self.check(VISITOR, token)?.try_into().ok()?;
        let (visitor, site) = payload.split_at(16);
        Some(Identity { visitor: VisitorId(uuid(visitor)), site: SiteId(uuid(site)) })
    }

    pub(crate) fn for_socket(&self, agent: AgentId, expires_at_ms: i64) -> String {
        let mut payload = [0; 24];
        payload[..16].copy_from_slice(agent.0.as_bytes());
        payload[16..].copy_from_slice(&expires_at_ms.to_be_bytes());
        self.sign(SOCKET, &payload)
    }

    pub(crate) fn socket(&self, token: &str, now_ms: i64) -> Option<AgentId> {
        let payload: [u8; 24] = self.check(SOCKET, token)?.try_into().ok()?;
        let (agent, expires_at) = payload.split_at(16);
        let expires_at = i64::from_be_bytes(expires_at.try_into().expect("the last 8 of 24"));
        (now_ms < expires_at).then(|| AgentId(uuid(agent)))
    }

    /// Bound to the session cookie: another session's does not pass.
    pub(crate) fn for_csrf(&self, cookie_hash: &[u8; 32]) -> String {
        self.sign(CSRF, cookie_hash)
    }

    pub(crate) fn is_csrf_of(&self, token: &str, cookie_hash: &[u8; 32]) -> bool {
        self.check(CSRF, token).is_some_and(|payload| payload == cookie_hash)
    }

    fn sign(&self, kind: &str, payload: &[u8]) -> String {
        let mac = self.mac(kind, payload).finalize().into_bytes();
        let [payload, mac] = [payload, &mac[..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{kind}.{payload}.{mac}")
    }

    /// The payload of a token that was signed here as one of this kind.
    fn check(&self, kind: &str, token: &str) -> Option<Vec<u8>> {
        if token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        let (payload, mac) = token.strip_prefix(kind)?.strip_prefix('.')?.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        self.mac(kind, &payload).verify_slice(&mac).ok()?;
        Some(payload)
    }

    fn mac(&self, kind: &str, payload: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        let mut mac = mac.expect("HMAC takes a key of any length");
        mac.update(kind.as_bytes());
        mac.update(b".");
        mac.update(payload);
        mac
    }
}

fn uuid(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).expect("16 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new([7; 32])
    }

    fn somebody() -> Identity {
        Identity { visitor: VisitorId::fresh(), site: SiteId::fresh() }
    }

    #[test]
    fn a_visitor_token_leads_back_to_its_visitor_and_site() {
        let who = somebody();
        assert_eq!(tokens().visitor(&tokens().for_visitor(who)), Some(who));
    }

    #[test]
    fn a_token_of_another_store_is_refused() {
        let token = Tokens::new([8; 32]).for_visitor(somebody());
        assert_eq!(tokens().visitor(&token), None);
    }

    #[test]
    fn a_token_with_any_character_changed_is_refused() {
        let token = tokens().for_visitor(somebody());
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(tokens().visitor(&forged), None, "changed at {at}");
        }
    }

    #[test]
    fn a_truncated_or_lengthened_token_is_refused() {
        let token = tokens().for_visitor(somebody());
        for length in 0..token.len() {
            assert_eq!(tokens().visitor(&token[..length]), None, "cut to {length}");
        }
        assert_eq!(tokens().visitor(&format!("{token}A")), None);
        assert_eq!(tokens().visitor(&format!("{token}{}", "A".repeat(1_000_000))), None);
    }

    #[test]
    fn a_socket_token_lives_until_it_expires() {
        let agent = AgentId::fresh();
        let token = tokens().for_socket(agent, 1_000);
        assert_eq!(tokens().socket(&token, 999), Some(agent));
        assert_eq!(tokens().socket(&token, 1_000), None);
    }

    #[test]
    fn no_kind_of_token_passes_for_another() {
        let visitor = tokens().for_visitor(somebody());
        let socket = tokens().for_socket(AgentId::fresh(), i64::MAX);
        let csrf = tokens().for_csrf(&[1; 32]);
        assert_eq!(tokens().socket(&visitor, 0), None);
        assert_eq!(tokens().visitor(&socket), None);
        // The same 32 bytes of payload, under another kind.
        assert_eq!(tokens().visitor(&csrf), None);
        assert_eq!(tokens().visitor(&csrf.replacen("c1", "v1", 1)), None);
    }

    #[test]
    fn a_csrf_token_belongs_to_one_session() {
        let token = tokens().for_csrf(&[1; 32]);
        assert!(tokens().is_csrf_of(&token, &[1; 32]));
        assert!(!tokens().is_csrf_of(&token, &[2; 32]));
    }
}
