//! Temporary: accuracy and speed on CIFAR-10.
use relabel_models::*;
use relabel_scoring::*;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    // kind width epochs batch lr n_train reps [wd] [side]
    let kind = &a[0];
    let mut c = ResnetConfig::named(kind).unwrap();
    c.width = a[1].parse().unwrap();
    c.epochs = a[2].parse().unwrap();
    c.batch = a[3].parse().unwrap();
    c.learning_rate = a[4].parse().unwrap();
    let n: usize = a[5].parse().unwrap();
    let reps: u64 = a[6].parse().unwrap();
    if let Some(wd) = a.get(7) { c.weight_decay = wd.parse().unwrap(); }
    let bytes = std::fs::read("/work/shared/data/cifar-10-batches-bin/test_batch.bin").unwrap();
    let mut pixels = Vec::new(); let mut y = Vec::new();
    for r in bytes.chunks_exact(3073) { y.push(Class(r[0] as u16)); pixels.extend_from_slice(&r[1..]); }
    let store = FeatureStore::Images(Images { pixels, channels: 3, height: 32, width: 32 });
    let test: Vec<u32> = (5000..6000).collect();
    let threads: usize = std::env::var("T").map_or(1, |t| t.parse().unwrap());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    use rayon::prelude::*;
    let dev = device::open(device::DeviceChoice::Cpu).unwrap().device;
    let m = ResnetClassifier { config: c.clone(), device: dev };
    let t0 = Instant::now();
    let out: Vec<(f64, f64, f64)> = pool.install(|| (0..reps).into_par_iter().map(|s| {
        let rows: Vec<u32> = (0..n as u32).map(|i| (i + 1000 * s as u32) % 5000).collect();
        let ty: Vec<Class> = rows.iter().map(|&r| y[r as usize]).collect();
        let t = Instant::now();
        let f = m.fit(Features { store: &store, rows: &rows }, &ty, 10, Stream::new(Seed(s), "x", Round(0), 0), &Unwatched).unwrap();
        let tf = t.elapsed().as_secs_f64();
        let t = Instant::now();
        let p = f.predict_proba(Features { store: &store, rows: &test }).unwrap();
        let tp = t.elapsed().as_secs_f64();
        let acc = p.rows().into_iter().zip(&test).filter(|(r, i)| {
            let b = (0..10).max_by(|&a, &b| r[a].total_cmp(&r[b])).unwrap();
            b == y[**i as usize].at() }).count() as f64 / 1000.0;
        (acc, tf, tp)
    }).collect());
    let k = out.len() as f64;
    let mean = |f: fn(&(f64, f64, f64)) -> f64| out.iter().map(f).sum::<f64>() / k;
    let am = mean(|o| o.0);
    let sd = (out.iter().map(|o| (o.0 - am).powi(2)).sum::<f64>() / (k - 1.0).max(1.0)).sqrt();
    println!("{kind} w{} e{} b{} lr{} wd{} n{n}: acc {am:.3} sd {sd:.3}; fit {:.2} s = {:.0} img/s; predict {:.0} img/s; wall {:.1}", c.width, c.epochs, c.batch, c.learning_rate, c.weight_decay, mean(|o| o.1), (n * c.epochs) as f64 / mean(|o| o.1), 1000.0 / mean(|o| o.2), t0.elapsed().as_secs_f64());
}
