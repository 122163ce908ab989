//! Tiles for matrix units, compiled for a device that has them but is not here.

use std::sync::Arc;

use cubecl::Compiler;
use cubecl::ir::features::{Features, MmaConfig};
use cubecl::ir::settings::KernelSettings;
use cubecl::ir::{
    AddressType, DeviceIdentity, DeviceProperties, ElemType, FloatKind, HardwareProperties,
    MemoryDeviceProperties, TargetProperties,
};
use cubecl::prelude::*;
use cubecl::profile::TimingMethod;
use cubecl::{CubeKernel, VulkanCompilationOptions, WgpuCompilationOptions};

use super::multiply::Multiply;
use crate::array::WORD;
use crate::multiplier::{MatrixUnits, Multiplier};
use crate::operands::LengthsCompilationArg;
use crate::tile::tests::tiles;
use crate::tile::{Tile, UNITS, WRITTEN};

const SINGLE: ElemType = ElemType::Float(FloatKind::F32);
const HALF: ElemType = ElemType::Float(FloatKind::F16);
/// Shared memory of a cube that Vulkan has on most GPUs.
const SHARED: usize = 48 << 10;

fn device() -> Arc<DeviceProperties> {
    let mut features = Features::default();
    let (a_type, b_type, cd_type) = (HALF, HALF, SINGLE);
    features.matmul.cmma.insert(MmaConfig { a_type, b_type, cd_type, m: 16, n: 16, k: 16 });
    let hardware = HardwareProperties {
        load_width: 128,
        vector_register_count: None,
        plane_size_min: 32,
        plane_size_max: 32,
        max_bindings: 32,
        max_shared_memory_size: SHARED,
        max_cube_count: (u32::MAX, u32::MAX, u32::MAX),
        max_units_per_cube: 1024,
        max_cube_dim: (1024, 1024, 64),
        num_streaming_multiprocessors: None,
        num_tensor_cores: None,
        min_tensor_cores_dim: None,
        num_cpu_cores: None,
        last_level_cache_size: None,
        max_vector_size: 8,
        cube_mma_reserved_shared_memory: 0,
    };
    let identity =
        DeviceIdentity { name: "none".into(), fingerprint: "none".into(), physical: None };
    let memory = MemoryDeviceProperties::new(u64::MAX, 256);
    Arc::new(DeviceProperties::new(features, memory, hardware, TimingMethod::Device, identity))
}

#[test]
fn every_tile_for_matrix_units_is_a_shader_that_fits() {
    let of = |(vector, packed)| {
        let matrix = Some(MatrixUnits::KNOWN[0]);
        let by = Multiplier { elem: HALF, matrix, vector, packed, shared: SHARED };
        tiles(by).into_iter().flat_map(|tile| [(tile, false), (tile, true)])
    };
    for (tile, phased) in [(4, 1), (8, 1), (8, 2)].into_iter().flat_map(of) {
        let Tile { turned, vector, packed, .. } = tile;
        // grams have no phases
        if !(turned && phased) {
            let dim = CubeDim::new_1d(UNITS as u32).into();
            let settings = KernelSettings::new(dim, ExecutionMode::Unchecked, AddressType::U32);
            // numbers are read by the kernel, not compiled in
            let lengths = LengthsCompilationArg {
                ins: (),
                outs: (),
                taps: (),
                inputs: (),
                outputs: (),
                positions: (),
                stretch: (),
                weights: (),
                image: (),
            };
            let buffer = || BufferCompilationArg { inplace: None };
            let kernel = Multiply::new(
                settings,
                device(),
                Arc::new(TargetProperties::default()),
                buffer(),
                buffer(),
                buffer(),
                buffer(),
                buffer(),
                buffer(),
                lengths,
                (),
                vector / packed,
                WRITTEN,
                tile,
                phased,
                [if packed > 1 { WORD } else { HALF }, HALF, if turned { SINGLE } else { HALF }],
            );
            let vulkan = VulkanCompilationOptions {
                max_spirv_version: (1, 6),
                max_vector_size: vector / packed,
                supports_long_vectors: vector / packed > WRITTEN,
                supports_explicit_smem: true,
                push_constant_size: 128,
                ..VulkanCompilationOptions::default()
            };
            let options = WgpuCompilationOptions {
                supports_vulkan_compiler: true,
                vulkan,
                ..WgpuCompilationOptions::default()
            };
            let shader = cubecl_spirv::SpirvCompiler.compile(kernel.define(), &options);
            let shader = shader.unwrap_or_else(|why| panic!("{tile:?}: {why}"));
            assert!(shader.shared_size <= SHARED, "{tile:?}: {} bytes", shader.shared_size);
        }
    }
}
