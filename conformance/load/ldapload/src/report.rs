//! What was counted, added up and printed; and what other processes used meanwhile, from /proc.

use crate::arguments::Settings;
use crate::histogram::Histogram;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Every error by what it was, with how often.
#[derive(Default)]
pub struct Errors(BTreeMap<String, u64>);

impl Errors {
    pub fn add(&mut self, what: &str) {
        *self.0.entry(what.to_string()).or_insert(0) += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What one worker, or all of them, counted within the measured span.
#[derive(Default)]
pub struct Tally {
    pub latency: Histogram,
    pub errors: Errors,
    pub operations: u64,
    pub entries: u64,
    pub bytes_in: u64,
    /// Connections opened, warm-up included.
    pub opened: u64,
    /// Processor time of the worker's own thread, in nanoseconds.
    pub cpu_nanoseconds: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.latency.merge(&other.latency);
        self.operations += other.operations;
        self.entries += other.entries;
        self.bytes_in += other.bytes_in;
        self.opened += other.opened;
        self.cpu_nanoseconds += other.cpu_nanoseconds;
        for (what, times) in other.errors.0 {
            *self.errors.0.entry(what).or_insert(0) += times;
        }
    }

    /// Seconds for each 10,000 operations.
    fn per_10k(&self, seconds: f64) -> f64 {
        if self.operations > 0 {
            seconds * 10_000.0 / self.operations as f64
        } else {
            0.0
        }
    }
}

/// What the processes under one name used while measuring.
pub struct ProcessUse {
    pub name: String,
    pub cpu_seconds: f64,
    pub rss_kib: u64,
}

pub fn print(settings: &Settings, total: &Tally, used: &[ProcessUse]) {
    let lines = if settings.json {
        json(settings, total, used)
    } else {
        text(settings, total, used)
    };
    println!("{lines}");
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

fn text(settings: &Settings, total: &Tally, used: &[ProcessUse]) -> String {
    let quantile = |q| microseconds(total.latency.quantile(q));
    let own = total.cpu_nanoseconds as f64 / 1e9;
    let mut lines = vec![
        format!(
            "{} {} connections {} pipeline {} threads {}",
            settings.work.name(),
            settings.url,
            settings.connections,
            settings.pipeline,
            settings.threads
        ),
        format!(
            "ops {} in {} s: {:.0} ops/s",
            total.operations,
            settings.seconds,
            total.operations as f64 / settings.seconds
        ),
        format!(
            "latency us: p50 {:.0} p90 {:.0} p99 {:.0} max {:.0}",
            quantile(0.5),
            quantile(0.9),
            quantile(0.99),
            microseconds(total.latency.max)
        ),
        format!(
            "entries {} bytes in {} connections opened {}",
            total.entries, total.bytes_in, total.opened
        ),
        format!("own cpu {own:.2} s ({:.4} s per 10k ops)", total.per_10k(own)),
    ];
    for process in used {
        let (name, cpu, rss) = (&process.name, process.cpu_seconds, process.rss_kib);
        lines.push(format!(
            "{name}: cpu {cpu:.2} s ({:.4} s per 10k ops), rss {rss} KiB",
            total.per_10k(cpu)
        ));
    }
    if total.errors.0.is_empty() {
        lines.push("errors none".to_string());
    }
    lines.extend(
        total
            .errors
            .0
            .iter()
            .map(|(what, times)| format!("error {what}: {times}")),
    );
    lines.join("\n")
}

fn json(settings: &Settings, total: &Tally, used: &[ProcessUse]) -> String {
    let quantile = |q| microseconds(total.latency.quantile(q));
    let own = total.cpu_nanoseconds as f64 / 1e9;
    let number = |name: &str, value: f64| format!("\"{name}\":{value}");
    let errors: Vec<String> = total
        .errors
        .0
        .iter()
        .map(|(what, times)| format!("{}:{times}", quoted(what)))
        .collect();
    let cpu: Vec<String> = used
        .iter()
        .map(|process| {
            let per = total.per_10k(process.cpu_seconds);
            let (name, seconds, rss) = (quoted(&process.name), process.cpu_seconds, process.rss_kib);
            format!("{name}:{{\"cpu_s\":{seconds:.2},\"cpu_s_per_10k\":{per:.5},\"rss_kib\":{rss}}}")
        })
        .collect();
    let fields = [
        format!("\"url\":{}", quoted(&settings.url)),
        format!("\"workload\":{}", quoted(settings.work.name())),
        format!("\"connections\":{}", settings.connections),
        format!("\"pipeline\":{}", settings.pipeline),
        format!("\"threads\":{}", settings.threads),
        number("seconds", settings.seconds),
        format!("\"ops\":{}", total.operations),
        format!(
            "\"ops_s\":{:.1}",
            total.operations as f64 / settings.seconds.max(f64::MIN_POSITIVE)
        ),
        number("p50_us", quantile(0.5)),
        number("p90_us", quantile(0.9)),
        number("p99_us", quantile(0.99)),
        number("max_us", microseconds(total.latency.max)),
        format!("\"entries\":{}", total.entries),
        format!("\"bytes_in\":{}", total.bytes_in),
        format!("\"opened\":{}", total.opened),
        format!("\"tls_resume\":{}", settings.tls_resume),
        format!("\"own_cpu_s\":{own:.3}"),
        format!("\"own_cpu_s_per_10k\":{:.5}", total.per_10k(own)),
        format!("\"cpu\":{{{}}}", cpu.join(",")),
        format!("\"errors\":{{{}}}", errors.join(",")),
    ];
    format!("{{{}}}", fields.join(","))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if u32::from(control) < 32 => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}

/// User plus system time in seconds; a process that is gone counts as 0.
pub fn cpu_seconds(pids: &[u32]) -> f64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)
        .ok()
        .flatten()
        .unwrap_or(100) as f64;
    pids.iter().map(|&pid| cpu_ticks(pid)).sum::<f64>() / ticks
}

fn cpu_ticks(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // the program's name, in brackets, may hold blanks: count the fields after it
    let Some((_, after)) = stat.rsplit_once(") ") else {
        return 0.0;
    };
    after
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum()
}

pub fn rss_kib(pids: &[u32]) -> u64 {
    let of = |pid: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok())
            .unwrap_or(0)
    };
    pids.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_server_stays_one_json_string() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }

    #[test]
    fn a_process_that_is_gone_used_nothing() {
        assert_eq!(cpu_seconds(&[u32::MAX]), 0.0);
        assert_eq!(rss_kib(&[u32::MAX]), 0);
    }

    #[test]
    fn this_process_holds_memory() {
        assert!(rss_kib(&[std::process::id()]) > 0);
    }
}
