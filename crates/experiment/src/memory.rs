//! How much memory this process has needed, as the operating system counts it.

/// The most bytes that were resident at one time; none where Linux does not tell.
pub fn peak() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_in_kibibytes_and_covers_what_was_touched() {
        assert_eq!(parse("Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t 9 kB\n"), Some(2_097_152));
        assert_eq!(parse("Name:\tx\n"), None);
        let Some(before) = peak() else { return };
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(peak().is_some_and(|after| after >= before.max(block.len() as u64)));
    }
}
