//! The models on small sequences whose answers are known by hand; no QEMU.

use super::core::{Core, Isa};
use super::instruction::{Instruction, Kind, Meaning, Registers, Rule};
use super::pipeline::Pipeline;
use super::stream::{Event, Reader};
use super::{esp32c3, lx6, riscv, xtensa};
use std::collections::BTreeMap;

/// Instructions one behind the other, three bytes each, from `at`.
fn listing(at: u32, lines: &[&str]) -> Vec<Instruction> {
    let place = |(index, line): (usize, &&str)| Instruction {
        address: at + 3 * index as u32,
        size: 3,
        meaning: xtensa::decode(line).unwrap_or_else(|| panic!("{line}")),
    };
    lines.iter().enumerate().map(place).collect()
}

/// Cycles and stalls of a trace; the last instruction only ends it.
fn run(core: &'static Core, without: Option<Rule>, trace: &[&Instruction]) -> (u64, BTreeMap<Rule, u64>) {
    let mut pipeline = Pipeline::new(core, without);
    for pair in trace.windows(2) {
        pipeline.issue(pair[0], pair[1]);
    }
    (pipeline.cycles(), pipeline.stalls().filter(|(_, cycles)| *cycles > 0).collect())
}

fn straight(lines: &[&str]) -> (u64, BTreeMap<Rule, u64>) {
    let mut lines = lines.to_vec();
    lines.push("nop");
    let listing = listing(0x1000, &lines);
    run(&lx6::CORE, None, &listing.iter().collect::<Vec<_>>())
}

#[test]
fn what_depends_on_nothing_takes_a_cycle_each() {
    assert_eq!(straight(&["add a2, a3, a4", "movi a5, 7", "s32i a2, a1, 0", "nop.n"]), (4, BTreeMap::new()));
}

#[test]
fn results_are_waited_for() {
    let cases: [(&[&str], u64, Option<Rule>); 12] = [
        (&["l32i a2, a3, 0", "add a4, a2, a2"], 3, Some(Rule::LoadUse)),
        (&["l32r a2, 0x400", "jx a2"], 3, Some(Rule::LoadUse)),
        (&["l32i a2, a3, 0", "nop", "add a4, a2, a2"], 3, None),
        (&["mull a2, a3, a4", "add a2, a2, a5"], 3, Some(Rule::Multiply)),
        (&["mull a2, a3, a4", "mull a5, a3, a4"], 2, None),
        (&["mul.s f0, f1, f2", "mul.s f0, f0, f2"], 5, Some(Rule::Float)),
        (&["madd.s f0, f1, f2", "madd.s f0, f1, f2"], 5, Some(Rule::Float)),
        (&["lsip f0, a2, 4", "lsip f1, a2, 4"], 2, None),
        (&["lsip f0, a2, 4", "madd.s f2, f0, f0"], 3, Some(Rule::LoadUse)),
        (&["float.s f0, a2, 0", "ssi f0, a1, 0"], 3, Some(Rule::Float)),
        (&["quou a2, a3, a4", "nop"], 3, Some(Rule::Divide)),
        // ACC is ready for the next, the register that is loaded by the way is not.
        (&["mula.dd.ll.ldinc m1, a2, m0, m2", "mula.dd.hh m1, m2"], 3, Some(Rule::LoadUse)),
    ];
    for (lines, cycles, rule) in cases {
        // The one behind a jump is not reached, but what the jump waits for is.
        let (counted, stalls) = straight(lines);
        assert_eq!(counted, cycles, "{lines:?}");
        assert_eq!(stalls.keys().next().copied(), rule, "{lines:?}");
    }
}

/// A biquad in direct form II, of nine instructions. Sums may begin with either product, and the last one may
/// use the state once it has moved on: eight ways to write it down, each in an order that is right.
fn biquads() -> Vec<[&'static str; 9]> {
    let recursions =
        [["msub.s f0, f9, f4", "msub.s f0, f10, f5"], ["msub.s f0, f10, f5", "msub.s f0, f9, f4"]];
    let outputs = [["mul.s f1, f7, f4", "madd.s f1, f8, f5"], ["mul.s f1, f8, f5", "madd.s f1, f7, f4"]];
    let [load, store] = ["lsip f0, a2, 4", "ssip f1, a4, 4"];
    let [older, newer] = ["mov.s f5, f4", "mov.s f4, f0"];
    let mut all = Vec::new();
    for [r1, r2] in recursions {
        for [o1, o2] in outputs {
            all.push([load, r1, r2, o1, o2, "madd.s f1, f6, f0", older, newer, store]);
            all.push([load, r1, r2, o1, o2, older, newer, "madd.s f1, f6, f4", store]);
        }
    }
    all
}

/// All orders in which no instruction passes another that it shares a register with, if one of the two writes
/// it.
fn orders(rest: &[Instruction], begun: &mut Vec<Instruction>, each: &mut dyn FnMut(&[Instruction])) {
    if rest.is_empty() {
        each(begun);
    }
    for (index, next) in rest.iter().enumerate() {
        let touches = |meaning: &Meaning| meaning.reads.0 | meaning.writes.0 | meaning.updates.0;
        let writes = |meaning: &Meaning| meaning.writes.0 | meaning.updates.0;
        let (b, passed) = (&next.meaning, &rest[..index]);
        let stays = passed
            .iter()
            .map(|each| &each.meaning)
            .any(|a| (writes(a) & touches(b)) | (touches(a) & writes(b)) != 0);
        if !stays {
            let mut rest = rest.to_vec();
            begun.push(rest.remove(index));
            orders(&rest, begun, each);
            begun.pop();
        }
    }
}

/// Cycles of a turn of a hardware loop, once it is in step with itself.
fn turn(body: &[Instruction], without: Option<Rule>) -> u64 {
    let after = |turns: usize| {
        let mut trace: Vec<Instruction> = body.iter().cycle().take(body.len() * turns + 1).cloned().collect();
        for (index, instruction) in trace.iter_mut().enumerate() {
            instruction.address = 0x1000 + 3 * index as u32;
        }
        run(&lx6::CORE, without, &trace.iter().collect::<Vec<_>>()).0
    };
    after(6) - after(5)
}

#[test]
fn a_biquad_of_nine_instructions_takes_17_cycles_in_most_orders() {
    let (mut counted, mut without_floats) = (BTreeMap::new(), BTreeMap::new());
    for biquad in biquads() {
        orders(&listing(0x1000, &biquad), &mut Vec::new(), &mut |order| {
            *counted.entry(turn(order, None)).or_insert(0) += 1;
            *without_floats.entry(turn(order, Some(Rule::Float))).or_insert(0) += 1;
        });
    }
    // How many orders take how many cycles; 17.03 are published, of an order that is not.
    assert_eq!(
        counted,
        [(15, 9), (16, 70), (17, 93), (18, 62), (19, 48), (20, 58), (21, 36), (22, 8)].into()
    );
    assert_eq!(without_floats.keys().copied().collect::<Vec<_>>(), [9, 10]);
}

#[test]
fn a_hardware_loop_turns_for_nothing_and_a_taken_branch_does_not() {
    let hardware = listing(0x1000, &["loop a2, 0x1006", "addi a3, a3, 1", "nop"]);
    let [setup, body, after] = &hardware[..] else { unreachable!() };
    let (cycles, stalls) = run(&lx6::CORE, None, &[setup, body, body, body, body, after]);
    assert_eq!((cycles, stalls), (5, BTreeMap::new()));

    let software = listing(0x2000, &["addi a3, a3, -1", "bnez a3, 0x2000", "nop"]);
    let [body, branch, after] = &software[..] else { unreachable!() };
    let (cycles, stalls) = run(&lx6::CORE, None, &[body, branch, body, branch, after]);
    assert_eq!((cycles, stalls), (4 + 3, [(Rule::Branch, 3)].into()));
}

#[test]
fn a_window_that_overflows_costs_its_handler_and_the_way_there_and_back() {
    let mut caller = listing(0x1000, &["callx8 a8", "nop"]);
    let callee = listing(0x3000, &["entry a1, 32", "retw"]);
    let handler = listing(0x80, &["s32e a0, a9, -16", "l32e a0, a1, -12", "s32e a4, a0, -32", "rfwo"]);
    let mut trace = vec![&caller[0], &callee[0]];
    trace.extend(&handler);
    trace.extend(&callee);
    trace.push(&caller[1]);
    let (cycles, stalls) = run(&lx6::CORE, None, &trace);
    // Calls and returns lose 3; the exception 6 going and 3 coming, and its handler waits once for a load.
    let expected: BTreeMap<Rule, u64> = [(Rule::Jump, 6), (Rule::Window, 10)].into();
    assert_eq!(stalls, expected);
    assert_eq!(cycles, 3 + 4 + 16);
    // Without windows it is a call and a return.
    assert_eq!(run(&lx6::CORE, Some(Rule::Window), &trace).0, 3 + 6);
    // What was late in the old window is another register now.
    caller[0].meaning.writes = Registers::NONE;
    assert_eq!(run(&lx6::CORE, None, &trace_of(&caller, &callee)).0, 3 + 6);
}

fn trace_of<'a>(caller: &'a [Instruction], callee: &'a [Instruction]) -> Vec<&'a Instruction> {
    vec![&caller[0], &callee[0], &callee[1], &caller[1]]
}

#[test]
fn what_xtensa_cannot_name_is_not_guessed() {
    for text in
        ["addx3 a2, a3, a4", "add a2, a3", "add a2, a3, a16", "add.d f0, f1, f2", "loop a2, nowhere", ""]
    {
        assert_eq!(xtensa::decode(text), None, "{text}");
    }
    for text in
        ["l32r\ta2, 0xfe000010", "wsr.ps\ta3", "movt.s f0, f1, b3", "umul.aa.hh a2, a3", "extui a2, a3, 4, 8"]
    {
        assert!(xtensa::decode(text).is_some(), "{text}");
    }
    assert_eq!(xtensa::decode("ssip f3, a2, 4").unwrap().updates, Registers::one(2));
    assert_eq!(xtensa::decode("loopnez a2, 0x1020").unwrap().loop_end, Some(0x1020));
}

#[test]
fn riscv_is_read_from_its_bits() {
    use Kind::*;
    // Encodings by LLVM's assembler.
    /// Its bytes, and what it is, writes and reads.
    type Case = (&'static [u8], Kind, &'static [u8], &'static [u8]);
    let cases: [Case; 14] = [
        (&[0x33, 0x85, 0xc5, 0x00], Integer, &[10], &[11, 12]), // add a0, a1, a2
        (&[0x33, 0x85, 0xc5, 0x02], Multiply, &[10], &[11, 12]), // mul a0, a1, a2
        (&[0x33, 0xb5, 0xc5, 0x02], MultiplyHigh, &[10], &[11, 12]), // mulhu a0, a1, a2
        (&[0x33, 0xd5, 0xc5, 0x02], Divide, &[10], &[11, 12]),  // divu a0, a1, a2
        (&[0x03, 0xa5, 0x05, 0x00], Load, &[10], &[11]),        // lw a0, 0(a1)
        (&[0x23, 0xa0, 0xa5, 0x00], Store, &[], &[10, 11]),     // sw a0, 0(a1)
        (&[0x63, 0x04, 0xb5, 0x00], Branch, &[], &[10, 11]),    // beq a0, a1, +8
        (&[0x73, 0x25, 0x00, 0xb0], SpecialRead, &[10], &[]),   // csrr a0, mcycle
        (&[0x82, 0x80], Return, &[], &[1]),                     // ret
        (&[0x02, 0x95], IndirectJump, &[1], &[10]),             // c.jalr a0
        (&[0x88, 0x41], Load, &[10], &[11]),                    // c.lw a0, 0(a1)
        (&[0x2e, 0x95], Integer, &[10], &[10, 11]),             // c.add a0, a1
        (&[0x01, 0xc1], Branch, &[], &[10]),                    // c.beqz a0, 0
        (&[0x2a, 0xc0], Store, &[], &[2, 10]),                  // c.swsp a0, 0(sp)
    ];
    let set = |registers: &[u8]| {
        registers.iter().fold(Registers::NONE, |all, &register| all.with(Registers::one(register)))
    };
    for (bytes, kind, writes, reads) in cases {
        let meaning = riscv::decode(bytes).unwrap_or_else(|| panic!("{bytes:02x?}"));
        assert_eq!(
            (meaning.kind, meaning.writes, meaning.reads),
            (kind, set(writes), set(reads)),
            "{bytes:02x?}"
        );
    }
    // No instruction; fadd.s, of which the C3 has none; lr.w, likewise.
    for bytes in [&[0, 0][..], &[0x53, 0xf5, 0xc5, 0x00], &[0x2f, 0xa5, 0x05, 0x10]] {
        assert_eq!(riscv::decode(bytes), None, "{bytes:02x?}");
    }
}

#[test]
fn the_c3_waits_as_its_relative_does() {
    let instruction = |address, bytes: &[u8]| Instruction {
        address,
        size: bytes.len() as u8,
        meaning: riscv::decode(bytes).unwrap(),
    };
    let load = instruction(0x100, &[0x88, 0x41]); // c.lw a0, 0(a1)
    let add = instruction(0x102, &[0x2e, 0x95]); // c.add a0, a1
    let branch = instruction(0x104, &[0x01, 0xc1]); // c.beqz a0
    let back = instruction(0x100, &[0x88, 0x41]);
    let (cycles, stalls) = run(&esp32c3::CORE, None, &[&load, &add, &branch, &back]);
    assert_eq!(stalls, [(Rule::LoadUse, 1), (Rule::Branch, 2)].into());
    assert_eq!(cycles, 6);
    // A long target across two words is one cycle more.
    let far = instruction(0x202, &[0x33, 0x85, 0xc5, 0x00]);
    assert_eq!(run(&esp32c3::CORE, None, &[&branch, &far]).0, 1 + 3);
    // A return on an address that was computed just before.
    let link = instruction(0x300, &[0x2e, 0x90]); // c.add x0, a1 writes nothing
    let ret = instruction(0x302, &[0x82, 0x80]);
    assert_eq!(run(&esp32c3::CORE, None, &[&link, &ret, &load]).0, 2 + 1);
    let ra = instruction(0x300, &[0xae, 0x90]); // c.add ra, a1
    assert_eq!(run(&esp32c3::CORE, None, &[&ra, &ret, &load]).0, 2 + 1 + 1);
}

#[test]
fn every_rule_has_its_own_name() {
    for rule in Rule::ALL {
        assert_eq!(Rule::named(rule.name()), Some(rule));
        assert_eq!(Rule::ALL[rule as usize], rule);
    }
    assert_eq!(Rule::named("luck"), None);
    assert_eq!(Core::of(Isa::Riscv).name, "esp32c3");
    assert!(Core::named("lx7").is_err());
}

#[test]
fn the_tracers_words_are_read_across_packets() {
    struct Slowly(Vec<u8>);
    impl std::io::Read for Slowly {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(3).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }
    let words = [0xffff_7001_u32, 0xffff_0001, 0x1000, 3 | 5 << 8];
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend([1, 2, 3, 0, 0, 0, 0, 0]);
    bytes.extend(b"nop.n\0\0\0");
    bytes.extend([0xffff_0002_u32, 0, 0xffff_0004, 0x2000, 0xffff_0003].iter().flat_map(|w| w.to_le_bytes()));
    let mut reader = Reader::new(Slowly(bytes));
    let mut events = Vec::new();
    while let Some(event) = reader.event().unwrap() {
        events.push(event);
    }
    let text = "nop.n".to_string();
    let defined = Event::Defined { address: 0x1000, size: 3, bytes: [1, 2, 3, 0, 0, 0, 0, 0], text };
    assert_eq!(events, [defined, Event::Begin, Event::Executed(0), Event::Touched(0x2000), Event::End]);
    assert!(Reader::new(&b"HTTP/1.1"[..]).event().is_err());
}
