use super::*;

fn parse(payload: &str) -> Option<Vec<Node>> {
    let mut tape = Tape::default();
    tape.parse(payload.as_bytes()).map(|at| tape.nodes[at..].to_vec())
}

fn text(start: u32, length: u32) -> Text {
    Text { start, length }
}

#[test]
fn a_payload_becomes_nodes_in_its_own_order() {
    let nodes = parse(r#" {"a": [1, -2.5, "x", null], "b": {"a": true}} "#).expect("plain");
    let expected = [
        Node::Object(2),
        Node::Key(0),
        Node::Array(4),
        Node::Int(1),
        Node::Float(-2.5),
        Node::Plain(text(18, 1)),
        Node::Null,
        Node::Key(1),
        Node::Object(1),
        Node::Key(0),
        Node::Bool(true),
    ];
    assert_eq!(nodes, expected);
}

#[test]
fn whole_numbers_are_exact_or_left_to_the_host() {
    assert_eq!(parse("9223372036854775807"), Some(vec![Node::Int(i64::MAX)]));
    assert_eq!(parse("-9223372036854775808"), Some(vec![Node::Int(i64::MIN)]));
    assert_eq!(parse("9223372036854775808"), Some(vec![Node::Unsigned(9_223_372_036_854_775_808)]));
    assert_eq!(parse("18446744073709551615"), Some(vec![Node::Unsigned(u64::MAX)]));
    for odd in ["18446744073709551616", "-9223372036854775809", "-0", "-0.0", "1e19", "1e400"] {
        assert_eq!(parse(odd), None, "{odd}");
    }
}

#[test]
fn what_is_not_plain_json_leaves_nothing_behind() {
    let mut tape = Tape::default();
    tape.parse(br#"{"a":"\n"}"#).expect("plain");
    let (nodes, texts) = (tape.nodes.clone(), tape.text.clone());
    for odd in ["", "{", r#"["\n", nul]"#, "[1,]", "/* */ 1", "NaN", r#""\ud800""#, "\"\x01\"", "1 2", r#"{"a":"#] {
        assert_eq!(tape.parse(odd.as_bytes()), None, "{odd}");
        assert_eq!((&tape.nodes, &tape.text), (&nodes, &texts), "{odd}");
    }
    assert_eq!(tape.parse(b"\"\xff\""), None);
}

#[test]
fn a_hundred_containers_may_be_inside_each_other() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(100)).is_some());
    assert_eq!(parse(&nested(101)), None);
    // The depth is of one payload.
    let mut tape = Tape::default();
    assert_eq!(tape.parse(nested(101).as_bytes()), None);
    assert!(tape.parse(nested(100).as_bytes()).is_some());
}

#[test]
fn texts_are_found_again() {
    let mut tape = Tape::default();
    let payload = r#"["plain", "é\u00e9\n"]"#.as_bytes();
    let at = tape.parse(payload).expect("plain");
    let Node::Plain(plain) = tape.node(at + 1) else { unreachable!("a plain string") };
    let Node::Unescaped(unescaped) = tape.node(at + 2) else { unreachable!("one with escapes") };
    assert_eq!(tape.plain(plain, payload), b"plain");
    assert_eq!(tape.unescaped(unescaped), "éé\n".as_bytes());
}

#[test]
fn keys_are_kept_once_wherever_they_stand() {
    let mut tape = Tape::default();
    for payload in [r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2,"c":3}"#, r#"{"a":1,"a":2}"#, r#"{"\u0061":1}"#] {
        tape.parse(payload.as_bytes()).expect("plain");
    }
    assert_eq!(tape.keys().iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b", "c"]);
}
