use super::{STUCK, live, ready};
use crate::observe::status::{Brokers, GroupState, GroupStatus, PartitionState, PartitionStatus};
use crate::observe::watch::Known;
use std::sync::Arc;
use std::time::Duration;

fn known(state: GroupState, brokers: Brokers, age: Duration) -> Known {
    let group = "app_orders".to_owned();
    let status = GroupStatus {
        group,
        state,
        brokers,
        jobs_waiting: 0,
        jobs_running: 0,
        partitions: Vec::new(),
        moves: Vec::new(),
    };
    Known { status: Some(Arc::new(status)), age }
}

fn at_work() -> Known {
    known(GroupState::Consuming, Brokers::Reachable, Duration::ZERO)
}

#[test]
fn a_group_at_work_is_alive_and_ready_with_partitions_or_without() {
    assert!(live(&[at_work()]).ok);
    assert!(ready(&[at_work()]).ok);
    assert!(ready(&[known(GroupState::Rebalancing, Brokers::Unknown, Duration::ZERO)]).ok);
}

#[test]
fn a_fetcher_that_does_not_answer_is_dead_after_its_time() {
    let stuck = |age| known(GroupState::Consuming, Brokers::Reachable, age);
    assert!(live(&[stuck(STUCK)]).ok);
    let dead = live(&[at_work(), stuck(STUCK + Duration::from_secs(1))]);
    assert_eq!(dead.problems, ["app_orders: its fetcher has not answered for 31 s"]);
    assert!(!ready(&[stuck(STUCK + Duration::from_secs(1))]).ok);
}

#[test]
fn who_has_no_assignment_no_broker_or_no_future_is_alive_and_not_ready() {
    for (state, brokers, problem) in [
        (GroupState::Joining, Brokers::Unknown, "app_orders: it has no assignment yet"),
        (GroupState::Consuming, Brokers::Unreachable, "app_orders: no broker can be reached"),
        (GroupState::Quiet, Brokers::Reachable, "app_orders: it is stopping"),
        (GroupState::Stopping, Brokers::Reachable, "app_orders: it is stopping"),
    ] {
        let groups = [at_work(), known(state, brokers, Duration::ZERO)];
        assert!(live(&groups).ok);
        assert_eq!(ready(&groups).problems, [problem]);
    }
}

#[test]
fn a_process_without_groups_is_not_ready() {
    assert!(live(&[]).ok);
    assert_eq!(ready(&[]).problems, ["no group consumes"]);
    let fresh = Known { status: None, age: Duration::ZERO };
    assert_eq!(ready(&[fresh]).problems, ["a group has just started"]);
}

#[test]
fn a_job_that_is_stuck_is_no_life_and_a_partition_that_does_not_get_on_not_ready() {
    let with = |state, job: &str| {
        let partition = PartitionStatus {
            topic: "orders".to_owned(),
            partition: 3,
            state,
            attempt: 1,
            start: Some(0),
            position: Some(9),
            marked: Some(7),
            committed: None,
            end: Some(20),
            lag: Some(13),
            job: None,
            kept_offset: None,
            stalled_seconds: Some(301.4),
            rest: None,
        };
        let mut known = at_work();
        let status = known.status.take().map(|status| GroupStatus { partitions: vec![partition], ..(*status).clone() });
        known.status = status.map(Arc::new);
        (known, vec![format!("app_orders: orders/3: {job} at offset 7 for 301 s")])
    };
    let (stuck, problems) = with(PartitionState::Running, "a job is stuck");
    assert_eq!(live(std::slice::from_ref(&stuck)).problems, problems);
    assert_eq!(ready(&[stuck]).problems, problems);
    let (failing, problems) = with(PartitionState::Failed, "no progress");
    assert!(live(std::slice::from_ref(&failing)).ok);
    assert_eq!(ready(&[failing]).problems, problems);
}
