use super::{INTERVAL, Repeats};
use crate::error::Error;
use rdkafka::error::RDKafkaErrorCode as Code;
use std::time::Instant;

#[test]
fn an_error_that_passes_is_told_once_whatever_its_text_counts() {
    let (mut repeats, now) = (Repeats::default(), Instant::now());
    assert!(repeats.is_news(&Error::from_code(Code::AllBrokersDown, "1/1 brokers are down"), now));
    assert!(!repeats.is_news(&Error::from_code(Code::AllBrokersDown, "2/2 brokers are down"), now));
    assert!(repeats.is_news(&Error::from_code(Code::BrokerTransportFailure, "refused"), now));
    assert!(repeats.is_news(&Error::from_code(Code::AllBrokersDown, "1/1 brokers are down"), now + INTERVAL));
}

#[test]
fn other_errors_are_told_apart_by_their_text() {
    let (mut repeats, now) = (Repeats::default(), Instant::now());
    assert!(repeats.is_news(&Error::from_code(Code::UnknownTopicOrPartition, "topic a"), now));
    assert!(repeats.is_news(&Error::from_code(Code::UnknownTopicOrPartition, "topic b"), now));
    assert!(!repeats.is_news(&Error::from_code(Code::UnknownTopicOrPartition, "topic b"), now));
}
