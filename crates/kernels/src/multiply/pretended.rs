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
use crate::multiplier::MatrixUnits;
use crate::operands::LengthsCompilationArg;
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
    let tiles = [
        ([256, 128, 32], [4, 2], false),
        ([256, 64, 32], [8, 1], false),
        ([256, 32, 32], [8, 1], false),
        ([256, 16, 32], [8, 1], false),
        ([64, 64, 64], [4, 2], false),
        ([128, 128, 64], [4, 2], true),
        ([128, 64, 64], [4, 2], true),
        ([256, 32, 32], [8, 1], true),
        ([256, 16, 32], [8, 1], true),
        ([64, 64, 64], [4, 2], true),
    ];
    for ([rows, columns, depth], planes, turned) in tiles {
        let vectors = [(4, 1), (8, 1), (8, 2)];
        let both = vectors.into_iter().flat_map(|vector| [(vector, false), (vector, true)]);
        for ((vector, packed), phased) in both.filter(|(_, phased)| !(turned && *phased)) {
            let matrix = Some(MatrixUnits { side: 16, plane: 32, planes });
            let tile = Tile { rows, columns, depth, matrix, turned, vector, packed };
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
