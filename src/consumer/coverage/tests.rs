use super::look::{all_assigned, behind, unassigned};
use super::*;
use std::collections::{HashMap, HashSet};

const FIRST: Duration = Duration::from_secs(5);

fn neglected(partition: i32, committed: Option<i64>) -> Neglected {
    Neglected { topic: "t".to_owned(), partition, committed }
}

/// A look at its time.
fn look(coverage: &mut Coverage, now: &mut Instant, found: Option<Vec<Neglected>>) -> Option<Vec<Neglected>> {
    *now = coverage.due().expect("a look is due");
    let number = coverage.begin();
    assert_eq!(coverage.due(), None);
    coverage.looked(number, found, *now)
}

#[test]
fn looks_only_once_the_group_has_given_something() {
    let mut coverage = Coverage::new(FIRST);
    assert_eq!(coverage.due(), None);
    let now = Instant::now();
    coverage.changed(now);
    assert_eq!(coverage.due(), Some(now + FIRST));
}

#[test]
fn joins_anew_for_what_two_looks_in_a_row_found_unchanged() {
    let mut now = Instant::now();
    let mut coverage = Coverage::new(FIRST);
    coverage.changed(now);
    assert_eq!(look(&mut coverage, &mut now, Some(vec![neglected(0, Some(3)), neglected(1, None)])), None);
    let again = look(&mut coverage, &mut now, Some(vec![neglected(0, Some(4)), neglected(1, None)]));
    assert_eq!(again, Some(vec![neglected(1, None)]));
}

#[test]
fn what_was_seen_before_a_change_does_not_count() {
    let mut now = Instant::now();
    let mut coverage = Coverage::new(FIRST);
    coverage.changed(now);
    look(&mut coverage, &mut now, Some(vec![neglected(0, None)]));
    coverage.changed(now);
    assert_eq!(look(&mut coverage, &mut now, Some(vec![neglected(0, None)])), None);
}

#[test]
fn the_answer_of_a_look_before_a_change_does_not_count() {
    let now = Instant::now();
    let mut coverage = Coverage::new(FIRST);
    coverage.changed(now);
    let number = coverage.begin();
    coverage.changed(now);
    assert_eq!(coverage.looked(number, Some(vec![neglected(0, None)]), now), None);
    assert_eq!(coverage.due(), Some(now + FIRST));
    assert!(coverage.seen.is_empty());
}

#[test]
fn joins_less_and_less_often_while_it_does_not_help() {
    let mut now = Instant::now();
    let mut coverage = Coverage::new(FIRST);
    coverage.changed(now);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let joined = now;
        assert_eq!(look(&mut coverage, &mut now, Some(vec![neglected(0, None)])), None);
        waits.push((now - joined).as_secs());
        assert!(look(&mut coverage, &mut now, Some(vec![neglected(0, None)])).is_some());
        // What joining anew does.
        coverage.changed(now);
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
    assert_eq!(look(&mut coverage, &mut now, Some(Vec::new())), None);
    assert_eq!(coverage.due(), Some(now + RARELY));
    coverage.changed(now);
    assert_eq!(coverage.due(), Some(now + FIRST));
}

#[test]
fn a_look_that_could_not_see_is_repeated_and_forgets_nothing() {
    let mut now = Instant::now();
    let mut coverage = Coverage::new(FIRST);
    coverage.changed(now);
    look(&mut coverage, &mut now, Some(vec![neglected(0, None)]));
    assert_eq!(look(&mut coverage, &mut now, None), None);
    assert_eq!(coverage.due(), Some(now + FIRST));
    assert!(look(&mut coverage, &mut now, Some(vec![neglected(0, None)])).is_some());
}

/// An assignment as librdkafka's leader writes it.
fn bytes(topics: &[(&str, &[i32])]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(i32::try_from(topics.len()).expect("few").to_be_bytes());
    for (topic, partitions) in topics {
        bytes.extend(i16::try_from(topic.len()).expect("short").to_be_bytes());
        bytes.extend(topic.as_bytes());
        bytes.extend(i32::try_from(partitions.len()).expect("few").to_be_bytes());
        partitions.iter().for_each(|partition| bytes.extend(partition.to_be_bytes()));
    }
    bytes.extend([0; 4]);
    bytes
}

fn partitions(of: &[(&str, i32)]) -> Vec<(String, i32)> {
    of.iter().map(|(topic, partition)| ((*topic).to_owned(), *partition)).collect()
}

#[test]
fn reads_who_has_what() {
    let members = [bytes(&[("t", &[0, 2]), ("u", &[1])]), bytes(&[]), Vec::new(), bytes(&[("t", &[1])])];
    let all = all_assigned(members.iter().map(Vec::as_slice)).expect("readable");
    assert_eq!(all, partitions(&[("t", 0), ("t", 1), ("t", 2), ("u", 1)]).into_iter().collect::<HashSet<_>>());
    let left = unassigned(partitions(&[("t", 0), ("t", 3), ("u", 0)]), &all);
    assert_eq!(left.iter().map(ToString::to_string).collect::<Vec<_>>(), ["t/3", "u/0"]);
}

#[test]
fn members_without_assignments_or_with_damaged_ones_tell_nothing() {
    assert_eq!(all_assigned([[].as_slice(), &[]].into_iter()), None);
    let whole = bytes(&[("t", &[0, 2])]);
    for length in 1..whole.len() - 4 {
        assert_eq!(all_assigned([&whole[..length]].into_iter()), None, "{length}");
    }
}

#[test]
fn without_assignments_those_with_uncommitted_records_are_told() {
    let all = partitions(&[("t", 0), ("t", 1), ("t", 2), ("t", 3), ("t", 4)]);
    let at = |of: &[(i32, i64)]| of.iter().map(|(one, offset)| (("t".to_owned(), *one), *offset)).collect();
    let committed: HashMap<_, _> = at(&[(0, 5), (1, 4), (4, 0)]);
    let ends: HashMap<_, _> = at(&[(0, 5), (1, 5), (2, 1), (3, 0)]);
    assert_eq!(behind(&all, &committed, &ends), [neglected(1, Some(4)), neglected(2, None)]);
}
