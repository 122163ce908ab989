//! Temporary: accuracy and speed on CIFAR-10.
use relabel_models::*;
use relabel_scoring::*;
use std::time::Instant;
fn cpu() -> f64 { std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9 }
fn cpu_all() -> f64 { let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let f: Vec<_> = s.split(' ').collect(); (f[13].parse::<f64>().unwrap() + f[14].parse::<f64>().unwrap()) / 100.0 }
fn bench() {
    use burn::tensor::*;
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;
    let d = Device::flex();
    let ad = Device::flex().autodiff();
    for (b, ci, co, hw) in [(32usize, 3usize, 16usize, 32usize), (32, 16, 16, 32), (32, 32, 32, 16), (32, 64, 64, 8), (32, 8, 8, 16)] {
        let opt = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let x = Tensor::<4>::ones([b, ci, hw, hw], &d) * 0.5;
        let w = Tensor::<4>::ones([co, ci, 3, 3], &d) * 0.1;
        let g = Tensor::<4>::ones([b, co, hw, hw], &d) * 0.3;
        let t = |name: &str, f: &dyn Fn()| { f(); let t0 = cpu(); for _ in 0..5 { f(); } println!("{b}x{ci}->{co}@{hw} {name}: {:.2} ms", (cpu() - t0) * 200.0); };
        t("fwd", &|| { let _ = conv2d(x.clone(), w.clone(), None, opt()); });
        t("fwd+bwd w", &|| { let w = Tensor::<4>::from_inner(w.clone()).require_grad(); let x = Tensor::<4>::from_inner(x.clone()); let gg = conv2d(x, w.clone(), None, opt()).sum().backward(); let _ = w.grad(&gg).unwrap(); });
        t("fwd+bwd x+w", &|| { let w = Tensor::<4>::from_inner(w.clone()).require_grad(); let x = Tensor::<4>::from_inner(x.clone()).require_grad(); let gg = conv2d(x, w.clone(), None, opt()).sum().backward(); let _ = w.grad(&gg).unwrap(); });
        // im2col by nine slices, NHWC-free: columns [9ci, b*hw*hw]
        t("9 slices + cat", &|| { let p = x.clone().pad((1, 1, 1, 1), 0.0f32); let mut v = Vec::new(); for i in 0..3 { for j in 0..3 { v.push(p.clone().slice([0..b, 0..ci, i..i + hw, j..j + hw])); } } let _ = Tensor::cat(v, 1); });
        let cols = Tensor::<3>::ones([b, 9 * ci, hw * hw], &d) * 0.2;
        let w2 = Tensor::<2>::ones([co, 9 * ci], &d) * 0.1;
        t("gemm fwd batched", &|| { let _ = w2.clone().unsqueeze::<3>().matmul(cols.clone()); });
        let g3 = g.clone().reshape([b, co, hw * hw]);
        t("gemm wgrad batched+sum", &|| { let _ = g3.clone().matmul(cols.clone().swap_dims(1, 2)).sum_dim(0); });
        t("gemm dcols batched", &|| { let _ = w2.clone().unsqueeze::<3>().swap_dims(1, 2).matmul(g3.clone()); });
        let _ = &ad;
        t("relu", &|| { let _ = activation::relu(x.clone()); });
        t("bn train", &|| { let _ = module::batch_norm_train(x.clone(), Tensor::ones([ci], &d), Tensor::zeros([ci], &d), 1e-5); });
        t("bn train fwd+bwd", &|| { let w = Tensor::<1>::from_inner(Tensor::ones([ci], &d)).require_grad(); let x = Tensor::<4>::from_inner(x.clone()).require_grad(); let _ = module::batch_norm_train(x, w, Tensor::from_inner(Tensor::zeros([ci], &d)), 1e-5).output.sum().backward(); });
    }
}
fn main() {
    if std::env::args().nth(1).as_deref() == Some("bench") { let p = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap(); p.install(bench); return; }
    if std::env::args().nth(1).as_deref() == Some("devices") { for l in device::list() { println!("{l:?}"); } for c in ["auto", "wgpu", "vulkan", "cuda"] { match device::open(c.parse().unwrap()) { Ok(o) => println!("{c}: {o:?}"), Err(e) => println!("{c}: {e}") } } return; }
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
    let mut side = 32;
    if std::env::var("SIDE").is_ok() { let mut q = Vec::new(); for p in pixels.chunks_exact(1024) { for y in 0..16 { for x in 0..16 { let s: u32 = [0, 1, 32, 33].iter().map(|o| p[y * 64 + x * 2 + o] as u32).sum(); q.push((s / 4) as u8); } } } pixels = q; side = 16; }
    let store = FeatureStore::Images(Images { pixels, channels: 3, height: side, width: side });
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
    println!("{kind} w{} e{} b{} lr{} wd{} n{n}: acc {am:.3} sd {sd:.3}; fit {:.2} s = {:.0} img/s; predict {:.0} img/s; wall {:.1} cpu {:.1}", c.width, c.epochs, c.batch, c.learning_rate, c.weight_decay, mean(|o| o.1), (n * c.epochs) as f64 / mean(|o| o.1), 1000.0 / mean(|o| o.2), t0.elapsed().as_secs_f64(), cpu_all());
}
