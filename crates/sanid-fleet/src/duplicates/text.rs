//! Text for people: tables, answers of many hosts, and blocks of keys and values.

use super::answers::{headed, host_and_name, paths, prefixed};
use super::blocks::{Line, blocks};
use super::node::Node;
use super::outline::outline;
use super::tables::{boxed, columns, ruled};

pub(crate) fn parse(text: &str) -> Node {
    let lines: Vec<Line<'_>> = (1..).zip(text.lines().map(str::trim_end)).collect();
    let found = boxed(&lines)
        .or_else(|| headed(&lines))
        .or_else(|| paths(&lines))
        .or_else(|| prefixed(&lines))
        .or_else(|| ruled(&lines))
        .or_else(|| columns(&lines))
        .or_else(|| host_and_name(&lines))
        .or_else(|| outline(&lines));
    Node::of("", found.unwrap_or_else(|| blocks(&lines)), 1)
}
