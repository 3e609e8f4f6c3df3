//! What a node measured, as a table in which each row is an example: a spectrum with what is in the sample, a scan with where the
//! node was. `nodetwin train` reads it, so a model can be made of what the twin itself measured.

use crate::outcome::{NodeOutcome, Outcome};
use hal_shim::trace::Said;
use node_core::drivers::as7265x::CENTRES_NM;
use node_core::event::Event;
use scenarios::signal::Path;
use scenarios::signal::light::values_at;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// `None` for a node that measured neither.
pub fn csv(run: &Outcome, node: &NodeOutcome) -> io::Result<Option<Vec<u8>>> {
    let Some(index) = run.scenario.node_index(&node.name) else { return Ok(None) };
    let is = |kind: &str| node.sums.said.iter().any(|said| said.event.kind() == kind);
    let mut bytes = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    if is("spectrum") {
        spectra(run, index, &node.sums.said, &mut writer)?;
    } else if is("heard") {
        scans(run, index, node, &mut writer)?;
    } else {
        return Ok(None);
    }
    writer.flush()?;
    drop(writer);
    Ok(Some(bytes))
}

/// `sample` says which rows are of one sample: they must not both learn and judge.
fn spectra(
    run: &Outcome,
    index: usize,
    said: &[Said],
    writer: &mut csv::Writer<impl io::Write>,
) -> io::Result<()> {
    let known = |said: &Said| values_at(&run.scenario, index, said.start.0);
    let names: BTreeSet<String> =
        said.iter().filter_map(known).flat_map(|(_, values)| values).map(|(name, _)| name).collect();
    let bands = CENTRES_NM.map(|nm| format!("nm_{nm}"));
    let head = ["t_s".to_string(), "sample".to_string()].into_iter().chain(bands).chain(names.clone());
    writer.write_record(head)?;
    for said in said {
        let Event::Spectrum { permille, .. } = said.event else { continue };
        let (sample, values) = known(said).unwrap_or_default();
        let values: BTreeMap<String, f64> = values.into_iter().collect();
        let shares = permille.map(|share| format!("{:.3}", f64::from(share) * 1e-3));
        let truths =
            names.iter().map(|name| values.get(name).map_or(String::new(), |value| format!("{value:.6}")));
        writer.write_record([seconds(said), sample].into_iter().chain(shares).chain(truths))?;
    }
    Ok(())
}

/// A row a scan; an access point that was not heard leaves its cell empty. Where places have names, scans on the way between them
/// are left out: nobody can say what they should be called.
fn scans(
    run: &Outcome,
    index: usize,
    node: &NodeOutcome,
    writer: &mut csv::Writer<impl io::Write>,
) -> io::Result<()> {
    let mut scans: BTreeMap<u64, (&Said, BTreeMap<[u8; 6], i8>)> = BTreeMap::new();
    for said in &node.sums.said {
        if let Event::Heard { bssid, rssi_dbm, .. } = said.event {
            scans.entry(said.start.0).or_insert((said, BTreeMap::new())).1.insert(bssid, rssi_dbm);
        }
    }
    let points: BTreeSet<[u8; 6]> = scans.values().flat_map(|(_, heard)| heard.keys().copied()).collect();
    let address = |[a, b, c, d, e, f]: &[u8; 6]| format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
    let head = ["t_s".to_string()].into_iter().chain(points.iter().map(address));
    writer.write_record(head.chain(["x_m", "y_m", "room"].map(String::from)))?;
    let path = Path::new(&run.scenario, index);
    let named = !node.labels.is_empty();
    for (at_ns, (said, heard)) in scans {
        let [x, y] = path.at(at_ns);
        let holds = node.labels.iter().rev().find(|label| (label.start_ns..label.end_ns).contains(&at_ns));
        if named && holds.is_none() {
            continue;
        }
        let room = holds.map_or(String::new(), |label| label.label.clone());
        let cells = points.iter().map(|point| heard.get(point).map_or(String::new(), |dbm| dbm.to_string()));
        let truth = [format!("{x:.3}"), format!("{y:.3}"), room];
        writer.write_record([seconds(said)].into_iter().chain(cells).chain(truth))?;
    }
    Ok(())
}

fn seconds(said: &Said) -> String {
    format!("{:.6}", said.start.0 as f64 * 1e-9)
}
