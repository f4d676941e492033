use super::{Code, FRESH, Partitions, answered, choose};
use std::time::Instant;

#[test]
fn keys_land_where_ruby_clients_put_them() {
    for (key, of_three, of_twelve) in [("abc", 0, 6), ("user-1", 2, 8), ("42", 2, 8), ("ż", 2, 11)] {
        assert_eq!((choose(key.as_bytes(), 3), choose(key.as_bytes(), 12)), (of_three, of_twelve), "{key}");
    }
}

#[test]
fn a_count_is_known_while_fresh() {
    let (partitions, now) = (Partitions::default(), Instant::now());
    assert_eq!(partitions.known_count("t", now), None);
    assert_eq!(partitions.learn("t", 3, now).expect("has partitions"), 3);
    assert_eq!(partitions.known_count("t", now), Some(3));
    assert_eq!(partitions.known_count("t", now + FRESH), None);
}

#[test]
fn what_the_cluster_says_about_a_topic_is_told() {
    let error = answered("t", Some(Code::TopicAuthorizationFailed), 0).expect_err("refused");
    assert!(error.to_string().contains("\"t\": TopicAuthorizationFailed"), "{error}");
    assert_eq!(answered("new", Some(Code::LeaderNotAvailable), 0).expect("not ready"), 0);
    assert_eq!(answered("gone", Some(Code::UnknownTopicOrPartition), 0).expect("not there"), 0);
    assert_eq!(answered("t", None, 3).expect("there"), 3);
}

#[test]
fn a_topic_without_partitions_is_an_error_and_not_remembered() {
    let (partitions, now) = (Partitions::default(), Instant::now());
    let error = partitions.learn("gone", 0, now).expect_err("no partition");
    assert!(error.to_string().contains("\"gone\" does not exist"), "{error}");
    assert_eq!(partitions.known_count("gone", now), None);
}
