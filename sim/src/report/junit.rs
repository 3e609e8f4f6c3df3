//! JUnit XML, for the tools that read test results: a suite for each scenario, a case for each expectation.

use super::Judgement;
use super::text::wrapped;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// What one scenario came to.
pub enum Ran<'a> {
    Judged(&'a Judgement),
    /// It could not be loaded, in words.
    Refused(&'a str),
}

pub struct Suite<'a> {
    /// The scenario's file.
    pub name: String,
    pub ran: Ran<'a>,
    /// It lies in a folder of scenarios that have to fail.
    pub canary: bool,
}

/// The document. `stable` leaves wall time out.
pub fn junit(suites: &[Suite], stable: bool) -> String {
    let mut report = Report::new("nodetwin");
    for suite in suites {
        let mut out = TestSuite::new(plain(&suite.name));
        match &suite.ran {
            Ran::Refused(why) => {
                out.add_test_case(case("loads", Some((NonSuccessKind::Error, why)), &suite.name));
            }
            Ran::Judged(judgement) => {
                if !stable {
                    out.set_time(judgement.outcome.wall);
                }
                for case in cases(judgement, suite) {
                    out.add_test_case(case);
                }
            }
        }
        report.add_test_suite(out);
    }
    // Fails only if a writer does, and a string does not.
    report.to_string().unwrap_or_default()
}

fn cases(judgement: &Judgement, suite: &Suite) -> Vec<TestCase> {
    let broken = judgement.breakdowns();
    if suite.canary {
        let failed = judgement.failed() > 0 || !broken.is_empty();
        let why = "this canary has to fail and passed: what it guards against would go unnoticed";
        return vec![case(
            "fails as it has to",
            (!failed).then_some((NonSuccessKind::Failure, why)),
            &suite.name,
        )];
    }
    let mut cases = Vec::new();
    let end = if judgement.outcome.interrupted {
        Some("it was stopped by hand".to_string())
    } else {
        (!broken.is_empty()).then(|| broken.join("; "))
    };
    cases.push(case("runs to its end", end.as_deref().map(|why| (NonSuccessKind::Error, why)), &suite.name));
    for judged in &judgement.judged {
        let why = format!("it was {}", judged.actual);
        let bad = (!judged.ok).then_some((NonSuccessKind::Failure, why.as_str()));
        cases.push(case(&judged.what, bad, &suite.name));
    }
    cases
}

fn case(name: &str, bad: Option<(NonSuccessKind, &str)>, class: &str) -> TestCase {
    let status = match bad {
        None => TestCaseStatus::success(),
        Some((kind, why)) => {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(wrapped(&plain(why), 400).join(" "));
            status
        }
    };
    let mut case = TestCase::new(plain(name), status);
    case.set_classname(plain(class));
    case
}

/// XML has no place for control characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
