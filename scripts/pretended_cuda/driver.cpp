// A CUDA driver (libcuda.so.1) for one GPU that is not there: its memory is that of the host, a call is
// done when it returns, and a kernel is translated from its PTX, compiled and run by the processor.
//
// PRETENDED_CAPABILITY  of the GPU to compute, ten times its number (90: an H100)
// PRETENDED_FOLDER      where kernels are kept: PTX as the program gave it, C++ and code (/tmp/pretended_cuda)
// PRETENDED_LOG         a file that is told of every launch: kernel, cubes in x, y, z, threads, shared bytes
// PRETENDED_LAUNCHES    how many launches are run; later ones do nothing, which leaves the host's work to be timed
//
// What kernels do wrong is reported to stderr and, if PRETENDED_REPORT names a file, to that.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "threads.h"

static std::string setting(const char* name, const char* otherwise) {
    const char* value = getenv(name);
    return value ? value : otherwise;
}

// ---- reports

static void report(const std::string& text) {
    static std::atomic<int> told{0};
    const int most = 50;
    if (told++ >= most) return;
    fprintf(stderr, "pretended CUDA: %s\n", text.c_str());
    if (FILE* file = fopen(setting("PRETENDED_REPORT", "/dev/null").c_str(), "a")) {
        fprintf(file, "%s\n", text.c_str());
        fclose(file);
    }
}

extern "C" void pretended_report(Thread* t, const char* what, u64 at, u32 other) {
    std::string who = other & WARP ? "warp " + std::to_string(other & ~WARP) : "thread " + std::to_string(other);
    report(std::string(t->block->kernel) + ": " + what + " at " + std::to_string(at) + ", thread " +
           std::to_string(t->index) + " and " + who);
}

// ---- memory of the device

// Who touched two bytes last: the launch, and the thread among all of its blocks.
struct Users {
    std::atomic<u64> writer, reader;
};
static const u32 GRAIN = 2;

struct Allocation {
    u64 start, size;
    Users* users;  // zeros, which the system gives out when they are asked for
};

static std::mutex memory_lock;
static std::map<u64, Allocation> allocations;  // by start

static Allocation holder(Thread* t, u64 at, u32 size, const char* what) {
    std::lock_guard<std::mutex> guard(memory_lock);
    auto next = allocations.upper_bound(at);
    if (next != allocations.begin()) {
        Allocation found = std::prev(next)->second;
        if (at + size <= found.start + found.size) return found;
    }
    report(std::string(t->block->kernel) + ": " + what + " outside of everything allocated");
    abort();
}

static const u64 THREADS = u64(1) << 40;  // more than a launch has

extern "C" void pretended_global(Thread* t, u64 at, u32 size, bool writes) {
    static thread_local Allocation held{};  // what the last access was to: most are to the same
    if (at < held.start || at + size > held.start + held.size) held = holder(t, at, size, writes ? "write" : "read");
    u64 who = t->block->first_thread + t->index;
    auto other = [=](u64 user) { return user / THREADS == who / THREADS && user != who; };
    for (u64 i = (at - held.start) / GRAIN; i * GRAIN < at - held.start + size; i++) {
        Users& users = held.users[i];
        u64 writer = users.writer, reader = users.reader;
        if (other(writer) || (writes && other(reader)))
            report(std::string(t->block->kernel) + ": " + (writes ? "write" : "read") + " of what another thread " +
                   (other(writer) ? "writes" : "reads") + " in the same launch");
        (writes ? users.writer : users.reader) = who;
    }
}

// ---- threads of a block, which take turns on one processor

static const size_t STACK = 256 << 10;

asm(R"(
pretended_switch:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
)");
extern "C" void pretended_switch(void** leave, void* enter);

using Code = void (*)(Thread*, const char* params);

// A processor, and the thread that it runs.
struct Processor {
    void* stack;
    std::vector<char*> stacks;
    Code code;
    const char* params;
    Thread* current;

    void run(Thread& thread) {
        current = &thread;
        pretended_switch(&stack, thread.stack);
    }
};
static thread_local Processor processor;

static void leave(Thread* t, Waits why) {
    t->waits = why;
    pretended_switch(&t->stack, processor.stack);
}
extern "C" void pretended_block_barrier(Thread* t) { leave(t, Waits::for_block); }
extern "C" void pretended_warp_barrier(Thread* t) { leave(t, Waits::for_warp); }

static void begin() {
    Thread* t = processor.current;
    processor.code(t, processor.params);
    leave(t, Waits::for_nothing_any_more);
}

static void prepare(Block& block, std::vector<Thread>& threads) {
    auto& stacks = processor.stacks;
    while (stacks.size() < threads.size()) stacks.push_back((char*)aligned_alloc(64, STACK));
    for (u32 i = 0; i < threads.size(); i++) {
        Thread& t = threads[i];
        auto [across, down, deep] = block.ntid;
        t = {&block, {i % across, i / across % down, i / across / down % deep}, i, i / 32, i % 32, nullptr, Waits::no, {}};
        // what the first switch pops: six registers and where to go
        u64* top = (u64*)(stacks[i] + STACK - 64);
        *--top = 0;
        *--top = (u64)begin;
        for (int k = 0; k < 6; k++) *--top = 0;
        t.stack = top;
    }
}

// Runs a warp until its threads all wait for the block or are done.
static bool run_warp(Thread* first, Thread* end) {
    auto number = [=](Waits what) { return std::count_if(first, end, [=](const Thread& t) { return t.waits == what; }); };
    bool ran = false;
    for (;;) {
        for (Thread* t = first; t < end; t++) {
            if (t->waits != Waits::no) continue;
            processor.run(*t);
            ran = true;
        }
        auto waiting = number(Waits::for_warp);
        if (waiting == 0 || waiting + number(Waits::for_nothing_any_more) < end - first) return ran;
        for (Thread* t = first; t < end; t++)
            if (t->waits == Waits::for_warp) t->waits = Waits::no;
    }
}

static void run_block(Block& block, std::vector<Thread>& threads) {
    block.thread = threads.data();
    block.barriers = 1;
    prepare(block, threads);
    for (;;) {
        bool ran = false;
        for (u32 first = 0; first < threads.size(); first += 32) {
            Thread* warp = threads.data() + first;
            ran |= run_warp(warp, warp + std::min<size_t>(32, threads.size() - first));
        }
        size_t done = 0, waiting = 0;
        for (Thread& t : threads) {
            done += t.waits == Waits::for_nothing_any_more;
            waiting += t.waits == Waits::for_block;
        }
        if (done == threads.size()) return;
        if (done + waiting == threads.size()) {
            if (done) report(std::string(block.kernel) + ": threads end before a barrier of others");
            block.barriers++;
            for (Thread& t : threads)
                if (t.waits == Waits::for_block) t.waits = Waits::no;
        } else if (!ran) {
            report(std::string(block.kernel) + ": threads wait for each other");
            abort();
        }
    }
}

// ---- kernels

struct Parameter {
    int offset, size;
};

struct Kernel {
    std::string name;
    Code code;
    std::vector<Parameter> parameters;
    u32 shared;  // bytes besides those of a launch
};

struct Launch {
    Kernel* kernel;
    const char* params;
    u32 grid[3], dim[3], shared;
    u64 number;
    std::atomic<u64> next{0};
};

static void* run_blocks(void* of) {
    Launch& launch = *(Launch*)of;
    auto [across, down, deep] = launch.grid;
    std::vector<Thread> threads(launch.dim[0] * launch.dim[1] * launch.dim[2]);
    u32 size = launch.kernel->shared + launch.shared;
    std::vector<Touched> touched(size);
    char* shared = (char*)aligned_alloc(1024, (size / 1024 + 1) * 1024);
    for (u64 i; (i = launch.next++) < (u64)across * down * deep;) {
        Block block{};
        for (int axis = 0; axis < 3; axis++) {
            block.ntid[axis] = launch.dim[axis];
            block.nctaid[axis] = launch.grid[axis];
        }
        block.ctaid[0] = i % across;
        block.ctaid[1] = i / across % down;
        block.ctaid[2] = i / across / down;
        block.threads = threads.size();
        block.first_thread = launch.number * THREADS + i * threads.size();
        block.shared = shared;
        block.shared_size = size;
        block.touched = touched.data();
        block.kernel = launch.kernel->name.c_str();
        memset(shared, 0xff, size);  // not a number
        std::fill(touched.begin(), touched.end(), Touched{});
        processor.code = launch.kernel->code;
        processor.params = launch.params;
        run_block(block, threads);
    }
    free(shared);
    for (char* stack : processor.stacks) free(stack);
    processor.stacks.clear();
    return nullptr;
}

static std::string library_folder() {
    Dl_info info;
    dladdr((void*)&library_folder, &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/') + 1);
}

// Where a program's PTX is kept, without an extension.
static std::string keep(const std::string& ptx) {
    std::string folder = setting("PRETENDED_FOLDER", "/tmp/pretended_cuda");
    mkdir(folder.c_str(), 0777);
    char name[24];
    snprintf(name, sizeof name, "/%016zx", std::hash<std::string>()(ptx));
    std::string path = folder + name + ".ptx", part = path + std::to_string(getpid());
    if (FILE* file = access(path.c_str(), F_OK) ? fopen(part.c_str(), "w") : nullptr) {
        fwrite(ptx.data(), 1, ptx.size(), file);
        fclose(file);
        rename(part.c_str(), path.c_str());
    }
    return folder + name;
}

static void* compiled(const std::string& path) {
    std::string home = library_folder(), code = path + ".so", part = path + "." + std::to_string(getpid());
    if (access(code.c_str(), F_OK)) {
        std::string translate = "python3 " + home + "translate.py " + path + ".ptx " + part + ".cpp";
        std::string compile = "c++ -std=c++20 -O2 -w -march=native -ffp-contract=off -fno-strict-aliasing -fPIC -shared -I" +
                              home + " " + part + ".cpp " + home + "libcuda.so.1 -o " + part;
        std::string move = "mv " + part + ".cpp " + path + ".cpp && mv " + part + " " + code;
        if (system((translate + " && " + compile + " && " + move).c_str())) {
            report("cannot translate " + path + ".ptx");
            return nullptr;
        }
    }
    void* library = dlopen(code.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) report(dlerror());
    return library;
}

// ---- the driver's interface, as far as CubeCL uses it

using Result = int;
static const Result OK = 0, OUT_OF_MEMORY = 2, INVALID_PTX = 218;

// Shared memory that a block may ask for.
static int most_shared(int capability) {
    if (capability < 70) return 48 << 10;
    if (capability < 80) return 64 << 10;
    return capability / 10 == 9 || capability / 10 == 10 ? 227 << 10 : 99 << 10;
}

// CUdevice_attribute
static int attribute(int which) {
    static const int capability = atoi(setting("PRETENDED_CAPABILITY", "90").c_str());
    switch (which) {
        case 1: return 1024;                  // threads of a block
        case 2: case 3: return 1024;          // block in x and y
        case 4: return 64;                    // and z
        case 5: return 2147483647;            // grid in x
        case 6: case 7: return 65535;         // y and z
        case 8: return 49152;                 // shared memory of a block
        case 10: return 32;                   // warp
        case 16: return 132;                  // multiprocessors
        case 75: return capability / 10;      // compute capability
        case 76: return capability % 10;
        case 97: return most_shared(capability);
        case 115: return 1;                   // memory pools
        default: return 0;
    }
}
static const size_t MEMORY = size_t(140) << 30;

extern "C" {
Result cuInit(unsigned) { return OK; }
Result cuDriverGetVersion(int* version) { return *version = 13000, OK; }
Result cuDeviceGetCount(int* count) { return *count = 1, OK; }
Result cuDeviceGet(int* device, int index) { return *device = index, OK; }
Result cuDeviceGetName(char* name, int length, int) { return snprintf(name, length, "NVIDIA, pretended"), OK; }
Result cuDeviceGetUuid_v2(char* uuid, int) { return memset(uuid, 1, 16), OK; }
Result cuDeviceGetPCIBusId(char* id, int length, int) { return snprintf(id, length, "0000:01:00.0"), OK; }
Result cuDeviceTotalMem_v2(size_t* bytes, int) { return *bytes = MEMORY, OK; }
Result cuDeviceGetAttribute(int* value, int which, int) { return *value = attribute(which), OK; }
Result cuDevicePrimaryCtxRetain(void** context, int) { return *context = (void*)&allocations, OK; }
Result cuDevicePrimaryCtxRelease_v2(int) { return OK; }
Result cuCtxSetCurrent(void*) { return OK; }
Result cuCtxGetCurrent(void** context) { return *context = (void*)&allocations, OK; }
Result cuCtxGetStreamPriorityRange(int* least, int* greatest) { return *least = 0, *greatest = -5, OK; }
Result cuCtxSynchronize() { return OK; }
Result cuGetErrorName(Result, const char** name) { return *name = "an error of the pretended driver", OK; }
Result cuGetErrorString(Result, const char** text) { return *text = "an error of the pretended driver", OK; }

Result cuStreamCreate(void** stream, unsigned) { return *stream = malloc(1), OK; }
Result cuStreamCreateWithPriority(void** stream, unsigned, int) { return *stream = malloc(1), OK; }
Result cuStreamDestroy_v2(void* stream) { return free(stream), OK; }
Result cuStreamSynchronize(void*) { return OK; }
Result cuStreamQuery(void*) { return OK; }
Result cuStreamWaitEvent(void*, void*, unsigned) { return OK; }

Result cuEventCreate(double** event, unsigned) { return *event = new double(0), OK; }
Result cuEventDestroy_v2(double* event) { return delete event, OK; }
Result cuEventRecord(double* event, void*) {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return *event = std::chrono::duration<double, std::milli>(now).count(), OK;
}
Result cuEventQuery(double*) { return OK; }
Result cuEventSynchronize(double*) { return OK; }
Result cuEventElapsedTime(float* ms, double* from, double* to) { return *ms = *to - *from, OK; }
Result cuEventElapsedTime_v2(float* ms, double* from, double* to) { return *ms = *to - *from, OK; }

Result cuMemAlloc_v2(u64* start, size_t bytes) {
    void* memory = aligned_alloc(512, (bytes / 512 + 1) * 512);
    if (!memory) return OUT_OF_MEMORY;
    memset(memory, 0xff, std::min<size_t>(bytes, 64 << 20));  // not a number, where it costs little
    auto* users = (Users*)calloc(bytes / GRAIN + 1, sizeof(Users));
    if (!users) return OUT_OF_MEMORY;
    std::lock_guard<std::mutex> guard(memory_lock);
    allocations[*start = (u64)memory] = {(u64)memory, bytes, users};
    return OK;
}
Result cuMemFree_v2(u64 start) {
    std::lock_guard<std::mutex> guard(memory_lock);
    free(allocations[start].users);
    allocations.erase(start);
    return free((void*)start), OK;
}
Result cuMemAllocAsync(u64* start, size_t bytes, void*) { return cuMemAlloc_v2(start, bytes); }
Result cuMemFreeAsync(u64 start, void*) { return cuMemFree_v2(start); }
Result cuMemAllocHost_v2(void** start, size_t bytes) { return *start = aligned_alloc(512, (bytes / 512 + 1) * 512), OK; }
Result cuMemFreeHost(void* start) { return free(start), OK; }
Result cuMemcpyHtoDAsync_v2(u64 to, const void* from, size_t bytes, void*) { return memcpy((void*)to, from, bytes), OK; }
Result cuMemcpyDtoHAsync_v2(void* to, u64 from, size_t bytes, void*) { return memcpy(to, (void*)from, bytes), OK; }
Result cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t bytes, void*) { return memmove((void*)to, (void*)from, bytes), OK; }
Result cuMemsetD8Async(u64 to, unsigned char value, size_t bytes, void*) { return memset((void*)to, value, bytes), OK; }

// CUDA_MEMCPY2D; memory of kind 1 is the host's
struct Side {
    size_t x, y;
    int kind;
    u64 host, device, array;
    size_t pitch;
    char* row(size_t at) const { return (char*)(kind == 1 ? host : device) + (y + at) * pitch + x; }
};
struct Rectangle {
    Side from, to;
    size_t width, height;
};
Result cuMemcpy2DAsync_v2(const Rectangle* of, void*) {
    for (size_t row = 0; row < of->height; row++) memcpy(of->to.row(row), of->from.row(row), of->width);
    return OK;
}

Result cuModuleLoadData(void** module, const void* ptx) { return *module = new std::string(keep((const char*)ptx)), OK; }

Result cuModuleGetFunction(void** function, void* module, const char* name) {
    void* library = compiled(*(std::string*)module);
    if (!library) return INVALID_PTX;
    // shared bytes, number of parameters, and of each where it is and how long
    const int* about = (const int*)dlsym(library, (std::string(name) + "_about").c_str());
    auto* kernel = new Kernel{name, (Code)dlsym(library, name), {}, (u32)about[0]};
    for (int i = 0; i < about[1]; i++) kernel->parameters.push_back({about[2 + 2 * i], about[3 + 2 * i]});
    return *function = kernel, OK;
}

Result cuFuncSetAttribute(void*, int, int) { return OK; }

Result cuLaunchKernel(void* function, u32 across, u32 down, u32 deep, u32 x, u32 y, u32 z, u32 shared, void*,
                      void** params, void**) {
    static const u64 most = atoll(setting("PRETENDED_LAUNCHES", "9000000000").c_str());
    static std::atomic<u64> launches{0};
    auto* kernel = (Kernel*)function;
    if (const char* log = getenv("PRETENDED_LOG"))
        if (FILE* file = fopen(log, "a")) {
            fprintf(file, "%s %u %u %u %u %u\n", kernel->name.c_str(), across, down, deep, x * y * z, shared);
            fclose(file);
        }
    u64 number = ++launches;
    if (number > most) return OK;
    std::vector<char> bytes;
    for (size_t i = 0; i < kernel->parameters.size(); i++) {
        auto [offset, size] = kernel->parameters[i];
        bytes.resize(std::max<size_t>(bytes.size(), offset + size));
        memcpy(bytes.data() + offset, params[i], size);
    }
    Launch launch{kernel, bytes.data(), {across, down, deep}, {x, y, z}, shared, number};
    std::vector<pthread_t> processors(std::max(1l, sysconf(_SC_NPROCESSORS_ONLN)));
    for (pthread_t& each : processors) pthread_create(&each, nullptr, run_blocks, &launch);
    for (pthread_t& each : processors) pthread_join(each, nullptr);
    return OK;
}
}
