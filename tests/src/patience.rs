//! How long a test waits before it says what it waited for. Nothing here waits for a time alone.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Far more than anything takes on a busy machine; a test that reaches it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at something that cannot tell when it changes.
pub const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The value of `future`, or a failure that names what did not happen.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = timeout(PATIENCE, future).await else {
        panic!("waited {PATIENCE:?} for {what}");
    };
    value
}

/// Looks again and again until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = look().await {
            return value;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} for {what}");
        sleep(LOOK_EVERY).await;
    }
}
