//! A sketch of how many different marks were seen: 2¹⁴ registers of a HyperLogLog. No mark can be read out of it.

/// Bits of a mark that choose its register.
const INDEX_BITS: u32 = 14;
/// The registers. The standard error of an estimate is 1.04 / √16,384, which is 0.8 %.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of a mark that are left for its rank.
const RANK_BITS: u32 = u64::BITS - INDEX_BITS;
/// Bits of a register as it is stored: a rank is at most 51.
const STORED_BITS: usize = 6;
/// Bytes of a stored sketch.
pub const SKETCH_BYTES: usize = REGISTERS * STORED_BITS / 8;
/// Registers whose bits fill whole bytes together, and these bytes.
const GROUP: (usize, usize) = (4, 3);
/// A stored register without its neighbours.
const STORED_MASK: u32 = (1 << STORED_BITS) - 1;

/// A sketch.
#[derive(Clone, PartialEq, Eq)]
pub struct Sketch {
    registers: Vec<u8>,
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sketch(about {})", self.estimate().round())
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self { registers: vec![0; REGISTERS] }
    }
}

/// The register of a mark, and its rank: one more than the zeros before the first one of the other bits. A mark's bytes
/// are as evenly spread as those of a keyed hash.
#[must_use]
pub const fn place(mark: [u8; 8]) -> (usize, u8) {
    let bits = u64::from_be_bytes(mark);
    let rest = bits << INDEX_BITS;
    let zeros = if rest == 0 { RANK_BITS } else { rest.leading_zeros() };
    ((bits >> RANK_BITS) as usize, zeros as u8 + 1)
}

impl Sketch {
    /// The sketch of these registers; none of another number, or with a rank that no mark has.
    #[must_use]
    pub fn of_registers(registers: Vec<u8>) -> Option<Self> {
        let fits = registers.len() == REGISTERS && registers.iter().all(|rank| u32::from(*rank) <= RANK_BITS + 1);
        fits.then_some(Self { registers })
    }

    /// Adds a mark. A repeat changes nothing.
    pub fn add(&mut self, mark: [u8; 8]) {
        let (register, rank) = place(mark);
        self.registers[register] = self.registers[register].max(rank);
    }

    /// Adds all marks of another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    /// The estimate, by Otmar Ertl's improved raw estimator (arXiv 1702.01284, algorithm 6). It needs no correction for
    /// small numbers, and no table.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        let registers = REGISTERS as f64;
        let mut with_rank = [0.0_f64; RANK_BITS as usize + 2];
        for rank in &self.registers {
            with_rank[usize::from(*rank)] += 1.0;
        }
        let highest = RANK_BITS as usize + 1;
        let mut sum = registers * tau(1.0 - with_rank[highest] / registers);
        for count in with_rank[1..highest].iter().rev() {
            sum = 0.5 * (sum + count);
        }
        sum += registers * sigma(with_rank[0] / registers);
        // 1 / (2 ln 2) is the constant of infinitely many registers.
        registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
    }

    /// The sketch as it is stored, six bits a register.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SKETCH_BYTES);
        for group in self.registers.chunks(GROUP.0) {
            let bits = group.iter().fold(0_u32, |bits, rank| (bits << STORED_BITS) | u32::from(*rank));
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        bytes
    }

    /// A stored sketch; none if it has another length, or a rank that no mark has.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != SKETCH_BYTES {
            return None;
        }
        let mut registers = Vec::with_capacity(REGISTERS);
        for group in bytes.chunks(GROUP.1) {
            let bits = group.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
            let rank = |place: usize| ((bits >> (STORED_BITS * (GROUP.0 - 1 - place))) & STORED_MASK) as u8;
            registers.extend((0..GROUP.0).map(rank));
        }
        Self::of_registers(registers)
    }
}

/// σ(x) = x + Σ x^(2^k)·2^(k−1). It grows without bound at 1, where no register has a mark and the estimate is 0.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * power;
        power += power;
        if sum <= before {
            return sum;
        }
    }
}

/// τ(x) = (1 − x − Σ (1 − x^(2^−k))²·2^−k) / 3.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut power, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        power *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * power;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The mark of a number: the first bytes of its hash.
    fn mark(number: u64) -> [u8; 8] {
        Sha256::digest(number.to_be_bytes())[..8].try_into().unwrap()
    }

    fn of(numbers: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        numbers.for_each(|number| sketch.add(mark(number)));
        sketch
    }

    #[test]
    fn a_mark_has_its_register_and_its_rank() {
        assert_eq!(place([0; 8]), (0, 51), "no bit is set");
        assert_eq!(place([0xff; 8]), (REGISTERS - 1, 1));
        assert_eq!(place([0, 0b0000_0111, 0, 0, 0, 0, 0, 0]), (1, 1));
        assert_eq!(place([0, 0b0000_0101, 0, 0, 0, 0, 0, 0]), (1, 2));
        assert_eq!(place([0x80, 0, 0, 0, 0, 0, 0, 1]), (REGISTERS / 2, 50));
    }

    #[test]
    fn a_hundred_thousand_are_estimated_within_two_and_a_half_percent() {
        for begin in 0..10 {
            let estimate = of(begin * 1_000_000..begin * 1_000_000 + 100_000).estimate();
            assert!((estimate / 100_000.0 - 1.0).abs() < 0.025, "{estimate}");
        }
    }

    #[test]
    fn every_size_is_estimated_within_four_standard_errors() {
        assert_eq!(Sketch::default().estimate(), 0.0);
        for size in [1, 10, 450, 5_000, 20_000, 45_000, 70_000, 300_000] {
            let estimate = of(7_000_000..7_000_000 + size).estimate();
            assert!((estimate / size as f64 - 1.0).abs() < 0.033, "{size}: {estimate}");
        }
        assert!((of(0..1).estimate() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn repeats_and_the_split_among_nodes_change_nothing() {
        let whole = of(0..30_000);
        let mut merged = of(0..20_000);
        merged.merge(&of(10_000..30_000));
        merged.merge(&of(10_000..11_000));
        assert_eq!(merged, whole);
    }

    #[test]
    fn a_stored_sketch_is_read_back() {
        let sketch = of(0..5_000);
        let bytes = sketch.encode();
        assert_eq!(bytes.len(), 12_288);
        assert_eq!(Sketch::decode(&bytes), Some(sketch));
        assert_eq!(Sketch::decode(&bytes[1..]), None);
        assert_eq!(Sketch::decode(&[0xff; SKETCH_BYTES]), None, "no mark has rank 63");
        assert_eq!(Sketch::of_registers(vec![0; 3]), None);
        assert_eq!(format!("{:?}", Sketch::default()), "Sketch(about 0)");
    }
}
