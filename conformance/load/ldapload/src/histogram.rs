//! A log-linear histogram of nanoseconds: 64 steps to each doubling, so under 1.6 % wide.

pub struct Histogram {
    slots: Vec<u64>,
    pub count: u64,
    pub max: u64,
}

const SUB: u32 = 6;

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            slots: vec![0; 64 << SUB],
            count: 0,
            max: 0,
        }
    }
}

impl Histogram {
    fn slot(v: u64) -> usize {
        if v < 1 << SUB {
            return v as usize;
        }
        let e = 63 - v.leading_zeros();
        (((e - SUB + 1) as usize) << SUB) + ((v >> (e - SUB)) as usize - (1 << SUB))
    }
    fn top(i: usize) -> u64 {
        let (e, s) = (i >> SUB, (i & ((1 << SUB) - 1)) as u64);
        if e == 0 {
            s
        } else {
            ((s + (1 << SUB) + 1) << (e - 1)) - 1
        }
    }
    pub fn add(&mut self, v: u64) {
        self.slots[Self::slot(v)] += 1;
        self.count += 1;
        self.max = self.max.max(v);
    }
    pub fn merge(&mut self, o: &Histogram) {
        for (a, b) in self.slots.iter_mut().zip(&o.slots) {
            *a += b;
        }
        self.count += o.count;
        self.max = self.max.max(o.max);
    }
    pub fn quantile(&self, q: f64) -> u64 {
        let want = (self.count as f64 * q).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (i, &c) in self.slots.iter().enumerate() {
            seen += c;
            if seen >= want && c > 0 {
                return Self::top(i).min(self.max);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn quantiles_are_within_two_percent() {
        let mut h = Histogram::default();
        for v in 1..=100_000u64 {
            h.add(v);
        }
        for q in [0.5, 0.9, 0.99] {
            let (got, want) = (h.quantile(q) as f64, 100_000.0 * q);
            assert!((got - want).abs() / want < 0.02, "{q}: {got}");
        }
        assert_eq!(h.quantile(1.0), 100_000);
    }
}
