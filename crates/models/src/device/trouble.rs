//! How drivers and compute frameworks speak of a device that is full or lost. Only their
//! words tell such a failure, which may pass, from a bug, which will not.

/// What may be different next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Memory ran out.
    Full,
    /// The device is gone.
    Lost,
}

/// In lower case and without anything but letters.
const WORDS: [(Trouble, &[&str]); 2] = [
    (
        Trouble::Full,
        &[
            "outofmemory",
            "outofdevicememory",
            "outofhostmemory",
            "notenoughmemory",
            "failedtoreserve",
            "buffertoobig",
            "cantallocate",
            "stagingbuffercouldbeallocated",
        ],
    ),
    (
        Trouble::Lost,
        &[
            "devicelost",
            "deviceislost",
            "lostdevice",
            "cudaerrordeviceunavailable",
            "cudaerrorecc",
            "cudaerrorhardware",
            "cudaerrorlaunchfailed",
            "cudaerrorlaunchtimeout",
            "cudaerrornodevice",
            "cudaerrornotinitialized",
            "cudaerrornvlink",
            "cudaerrorsystem",
            "cudaerrorunknown",
        ],
    ),
];

impl Trouble {
    /// The trouble that `words` tell of, if any.
    pub fn told_by(words: &str) -> Option<Self> {
        let letters: String =
            words.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let told = |all: &[&str]| all.iter().any(|word| letters.contains(word));
        WORDS.iter().find(|(_, all)| told(all)).map(|&(trouble, _)| trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_and_a_lost_device_are_told_from_a_bug() {
        for words in [
            "Out of Memory",
            "called `Result::unwrap()` on an `Err` value: OutOfMemory { size: 4096 }",
            "An out-of-memory error happened during launch",
            "out of device memory allocating 4096 bytes",
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
            "VK_ERROR_OUT_OF_DEVICE_MEMORY",
            "failed to reserve 4294967296 bytes",
            "can't allocate buffer of size: 4096",
            "Not enough memory left.",
        ] {
            assert_eq!(Trouble::told_by(words), Some(Trouble::Full), "{words}");
        }
        for words in [
            "Validation Error: Parent device is lost",
            "VK_ERROR_DEVICE_LOST",
            "DriverError(CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\")",
        ] {
            assert_eq!(Trouble::told_by(words), Some(Trouble::Lost), "{words}");
        }
        for words in [
            "index out of bounds: the len is 3 but the index is 7",
            "DriverError(CUDA_ERROR_INVALID_PTX, \"a PTX JIT compilation failed\")",
        ] {
            assert_eq!(Trouble::told_by(words), None, "{words}");
        }
    }
}
