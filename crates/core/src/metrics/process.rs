//! What the operating system knows of this process, under the names of Prometheus' own clients.

use std::fs;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

use super::text::Text;

/// Memory, time, files. What cannot be read is left out.
pub(super) fn write(text: &mut Text) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    // Numbered from the third field of proc(5) on.
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<f64>().ok());
    let ticks = constant(SysconfVar::CLK_TCK);
    let mut one = |name: &str, help: &str, kind: &str, value: Option<f64>| {
        if let Some(value) = value {
            text.describe(name, help, kind);
            text.sample(name, "", &[], value);
        }
    };
    one("process_virtual_memory_bytes", "Virtual memory size in bytes.", "gauge", field(23));
    let page = constant(SysconfVar::PAGE_SIZE);
    let resident = field(24).zip(page).map(|(pages, size)| pages * size);
    one("process_resident_memory_bytes", "Resident memory size in bytes.", "gauge", resident);
    let started = field(22).zip(ticks).zip(boot_time()).map(|((at, ticks), boot)| boot + at / ticks);
    let help = "Start time of the process since unix epoch in seconds.";
    one("process_start_time_seconds", help, "gauge", started);
    let cpu = field(14).zip(field(15)).zip(ticks).map(|((user, system), ticks)| (user + system) / ticks);
    one("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", "counter", cpu);
    let open = fs::read_dir("/proc/self/fd").ok().and_then(|entries| u32::try_from(entries.count()).ok());
    one("process_open_fds", "Number of open file descriptors.", "gauge", open.map(f64::from));
    let most = getrlimit(Resource::RLIMIT_NOFILE).ok().and_then(|(soft, _)| u32::try_from(soft).ok());
    one("process_max_fds", "Maximum number of open file descriptors.", "gauge", most.map(f64::from));
    write_workers(text, &perijove_python::worker_processes(), page.unwrap_or_default());
}

/// The Python processes of plug-ins and functions; nothing where there are none.
fn write_workers(text: &mut Text, workers: &[u32], page: f64) {
    if workers.is_empty() {
        return;
    }
    let name = "perijove_worker_resident_memory_bytes";
    text.describe(name, "Resident memory size of a Python worker in bytes.", "gauge");
    for pid in workers {
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
        let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok());
        if let Some(pages) = pages {
            text.sample(name, "", &[("pid", &pid.to_string())], pages * page);
        }
    }
}

fn constant(name: SysconfVar) -> Option<f64> {
    sysconf(name).ok().flatten().and_then(|value| u32::try_from(value).ok()).map(f64::from)
}

fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_described() {
        let mut text = Text::new("");
        write(&mut text);
        let text = text.finish();
        let value = |name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit_once(' ').unwrap().1.parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes") > 100_000.0, "{text}");
        assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"), "{text}");
        assert!(value("process_open_fds") >= 3.0 && value("process_max_fds") > 3.0, "{text}");
        assert!(
            (value("process_start_time_seconds") - super::super::unix_seconds()).abs() < 86_400.0,
            "{text}"
        );
    }
}
