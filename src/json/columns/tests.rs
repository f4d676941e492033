use super::super::Node;
use super::*;

fn read(paths: &[&[&str]], payloads: &[&str]) -> (Vec<Vec<Option<Node>>>, Vec<usize>) {
    let paths: Vec<Vec<Box<str>>> = paths.iter().map(|path| path.iter().map(|key| (*key).into()).collect()).collect();
    let width = paths.len();
    let mut columns = Columns::new(Fields::new(paths).expect("fields"));
    payloads.iter().for_each(|payload| columns.read(Some(payload.as_bytes())));
    let node = |row, field| columns.found(row, field).map(|at| columns.tape().node(at));
    let rows = (0..payloads.len()).map(|row| (0..width).map(|field| node(row, field)).collect()).collect();
    (rows, columns.odd().to_vec())
}

#[test]
fn fields_are_found_at_every_depth() {
    let payloads = [r#"{"x":[{"a":9}],"a":1,"b":{"c":2,"a":3}}"#, r#"{"b":[],"a":null}"#, "[1]", "\"a\"", "{}"];
    let (rows, odd) = read(&[&["a"], &["b", "c"]], &payloads);
    let none = vec![None, None];
    let expected = vec![
        vec![Some(Node::Int(1)), Some(Node::Int(2))],
        vec![Some(Node::Null), None],
        none.clone(),
        none.clone(),
        none,
    ];
    assert_eq!((rows, odd), (expected, vec![]));
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    let (rows, odd) = read(&[&["a", "b"]], &[r#"{"a":{"b":1},"a":{}}"#, r#"{"a":{},"a":{"b":1,"b":2}}"#]);
    assert_eq!((rows, odd), (vec![vec![None], vec![Some(Node::Int(2))]], vec![]));
}

#[test]
fn what_is_odd_is_the_hosts() {
    let payloads = [r#"{"a":1"#, r#"{"a":-0}"#, r#"{"b":-0,"a":1}"#, r#"{"a":1} x"#, ""];
    let (rows, odd) = read(&[&["a"]], &payloads);
    assert_eq!(odd, [0, 1, 3, 4]);
    assert_eq!(rows[2], [Some(Node::Int(1))]);
    assert_eq!(read(&[&["a"], &["a", "b"]], &[r#"{"a":{"b":1}}"#]).1, [0]);
}
