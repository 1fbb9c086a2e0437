//! Laws of the whole engine, over random streams of events and a strategy that acts at random: what may leave it and
//! when, held to a plain account of the same stream that shares no code with it.

mod engine_world;

use engine_world::{limits, run, session_limits, Step};
use nanotick_engine::{DeskConfig, Engine, Watch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Every law of [`engine_world::World::check`] holds after every event.
    #[test]
    fn nothing_leaves_that_must_not(steps in prop::collection::vec(engine_world::step(), 1..150), seed: u64) {
        run(&steps, seed);
    }

    /// A venue that tells the truth and a book that is whole: most of what the strategy wants gets through, so that
    /// the laws are tried on full tables.
    #[test]
    fn nor_on_a_quiet_day(steps in prop::collection::vec(engine_world::quiet_step(), 50..300), seed: u64) {
        let mut opening = engine_world::opening();
        opening.extend(steps);
        run(&opening, seed);
    }

    #[test]
    fn the_same_stream_gives_the_same_commands(steps in prop::collection::vec(engine_world::step(), 1..150), seed: u64) {
        let (a, b) = (run(&steps, seed), run(&steps, seed));
        prop_assert_eq!(a.outputs, b.outputs);
        prop_assert_eq!(a.state_hash, b.state_hash);
    }
}

/// The laws say nothing on streams in which nothing happens: these have a little of everything.
#[test]
fn the_streams_reach_what_the_laws_speak_of() {
    let mut runner = TestRunner::deterministic();
    let (mut kinds, mut halts) = (BTreeMap::<&str, usize>::new(), 0);
    let streams = prop::collection::vec(engine_world::step(), 100..200);
    for seed in 0..100 {
        let mut steps = engine_world::opening();
        steps.extend(streams.new_tree(&mut runner).unwrap().current());
        let seen = run(&steps, seed);
        halts += seen.halts;
        for (kind, _) in &seen.outputs {
            *kinds.entry(kind.name()).or_default() += 1;
        }
    }
    for name in ["place", "amend", "cancel", "cancel_all", "denied", "resync", "set_timer", "halt"] {
        assert!(kinds.get(name).is_some_and(|&n| n >= 20), "{name} in {kinds:?}");
    }
    assert!(halts >= 20);
}

#[test]
fn another_stream_has_another_hash() {
    let mut steps = engine_world::opening();
    let quiet = run(&steps, 1);
    steps.push(Step::Fill { order: 0, foreign: true, qty: 3, exec: 9 });
    assert_ne!(quiet.state_hash, run(&steps, 1).state_hash);
}

#[test]
fn an_event_of_an_unknown_instrument_is_journaled_and_nothing_more() {
    let mut steps = engine_world::opening();
    let before = run(&steps, 7);
    steps.push(Step::UnknownInstrument);
    let after = run(&steps, 7);
    assert_eq!(before.state_hash, after.state_hash);
    assert_eq!(before.places, after.places);
    assert_eq!(after.events, before.events + 1);
}

#[test]
fn without_a_strategy_nothing_is_ordered() {
    let config = DeskConfig {
        instruments: engine_world::instruments(),
        limits: vec![limits(); 2],
        session_limits: session_limits(),
        signals: vec![],
        epoch: 1,
        start_cash: nanotick_model::Cash::ZERO,
    };
    let (desk, signals) = nanotick_engine::prepare(config).unwrap();
    let mut engine = Engine::new(desk, signals, Watch);
    let mut seen = engine_world::Seen::default();
    for step in engine_world::opening() {
        step.with_event(1_000, &[], |event| engine.process(event, &mut seen));
    }
    assert_eq!(engine.desk().counters().placed, 0);
    assert_eq!(seen.places, 0);
}
