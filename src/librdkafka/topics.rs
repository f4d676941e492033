//! Topics of a producing client, looked up once.
//!
//! Owns librdkafka's handles by name: its own look-up takes the client's write lock and walks all
//! topics, for every record. Any thread. Must be dropped before the client.
#![expect(unsafe_code, reason = "topic handles exist only in librdkafka's C interface")]

use super::Reporting;
use crate::observe::Tally;
use rdkafka::bindings as rd;
use rdkafka::client::Client;
use rdkafka::error::RDKafkaErrorCode;
use std::collections::HashMap;
use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

/// How many handles are kept; beyond, all are given back and looked up again.
const KEPT: usize = 1_000;

/// A reference to a topic of a client, and where its records are counted.
struct Topic {
    handle: NonNull<rd::rd_kafka_topic_t>,
    counted: Arc<Tally>,
}

// SAFETY: topics are locked inside and may be used from any thread.
unsafe impl Send for Topic {}
// SAFETY: as above.
unsafe impl Sync for Topic {}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the reference is ours since `rd_kafka_topic_new`, given back once, before the client ends.
        unsafe { rd::rd_kafka_topic_destroy(self.handle.as_ptr()) };
    }
}

#[derive(Default)]
struct Known {
    topics: HashMap<Box<str>, Arc<Topic>>,
    // As a rule a producer goes on with the topic that it had: comparing is less than looking it up.
    last: Option<(Box<str>, Arc<Topic>)>,
}

#[derive(Default)]
pub(super) struct Topics(Mutex<Known>);

impl Topics {
    /// Gives `call` the topic called `name`, which must not be kept. `call` must not wait.
    pub(super) fn with<C: Reporting, R>(
        &self,
        client: &Client<C>,
        name: &str,
        call: impl FnOnce(*mut rd::rd_kafka_topic_t, &Tally) -> R,
    ) -> Result<R, RDKafkaErrorCode> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, topic)) = &known.last
            && **last == *name
        {
            return Ok(call(topic.handle.as_ptr(), &topic.counted));
        }
        let topic = known.look_up(client, name)?;
        let (_, topic) = known.last.insert((name.into(), topic));
        Ok(call(topic.handle.as_ptr(), &topic.counted))
    }
}

impl Known {
    fn look_up<C: Reporting>(&mut self, client: &Client<C>, name: &str) -> Result<Arc<Topic>, RDKafkaErrorCode> {
        if let Some(topic) = self.topics.get(name) {
            return Ok(Arc::clone(topic));
        }
        let terminated = CString::new(name).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
        // SAFETY: the caller lends a live client; the name, which is copied, lives for the call.
        let topic = unsafe { rd::rd_kafka_topic_new(client.native_ptr(), terminated.as_ptr(), ptr::null_mut()) };
        let handle = NonNull::new(topic).ok_or(RDKafkaErrorCode::InvalidTopic)?;
        let topic = Arc::new(Topic { handle, counted: client.context().tally(name) });
        if self.topics.len() >= KEPT {
            self.topics.clear();
        }
        self.topics.insert(name.into(), Arc::clone(&topic));
        Ok(topic)
    }
}
