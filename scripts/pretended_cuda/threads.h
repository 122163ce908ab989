// What a kernel translated from PTX needs: the threads of a block, each on a stack of its own, the
// barriers between them, memory, and the arithmetic that C++ lacks. Memory is watched: who touches what
// another thread writes, in shared memory without a barrier between and in the device's in the same launch,
// and who goes past the end of anything, is reported with the kernel's name.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s8 = int8_t;
using s16 = int16_t;
using s32 = int32_t;
using s64 = int64_t;
using f16 = _Float16;
using f32 = float;
using f64 = double;

struct Block;

enum class Waits { no, for_block, for_warp, for_nothing_any_more };

struct Thread {
    Block* block;
    u32 tid[3], index, warp, lane;
    void* stack;
    Waits waits;
    u64 deposit[8];  // what it brings to an operation of its warp
    u32 syncs;       // barriers of its warp so far
};

// Who touched a byte of shared memory, and when: after how many barriers of the block, and of his warp.
struct Toucher {
    u32 who, warp, barriers, syncs;
};

struct Touched {
    Toucher writer, reader;  // the last ones
    bool several_readers;    // since the last barrier of the block or of the reader's warp
    bool several_warps;      // since the last barrier of the block
};

struct Block {
    u32 ntid[3], ctaid[3], nctaid[3];
    u32 threads;
    Thread* thread;
    char* shared;
    u32 shared_size;
    Touched* touched;
    u32 barriers;  // so far, from 1
    u64 first_thread;  // the number of thread 0 among those of all launches
    const char* kernel;
};

extern "C" {
void pretended_block_barrier(Thread*);
void pretended_warp_barrier(Thread*);
void pretended_report(Thread*, const char* what, u64 at, u32 other);
void pretended_global(Thread*, u64 at, u32 size, bool writes);
}

template <class To, class From>
static inline To bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

// ---- memory

// Threads are known by their index; a warp that loads or stores a matrix together, by this and its own.
static const u32 WARP = 0x80000000;

// Whether there was a barrier between that both met.
static inline bool ordered(const Toucher& one, const Toucher& other) {
    return one.barriers != other.barriers || (one.warp == other.warp && one.syncs != other.syncs);
}

static inline void touch(Thread* t, u32 who, u64 at, u32 size, bool writes) {
    Block* b = t->block;
    Toucher me = {who, t->warp, b->barriers, t->syncs};
    if (at + size > b->shared_size) return pretended_report(t, "past the end of shared memory", at, who);
    for (u32 i = 0; i < size; i++) {
        Touched& byte = b->touched[at + i];
        bool fresh = !ordered(byte.writer, me) && byte.writer.who != who;
        if (writes) {
            if (fresh) pretended_report(t, "write after write in shared memory", at, byte.writer.who);
            bool others = byte.several_warps || (!ordered(byte.reader, me) && (byte.several_readers || byte.reader.who != who));
            if (byte.reader.barriers == me.barriers && others)
                pretended_report(t, "write after read in shared memory", at, byte.reader.who);
            byte.writer = me;
        } else {
            if (fresh) pretended_report(t, "read after write in shared memory", at, byte.writer.who);
            if (byte.writer.barriers == 0) pretended_report(t, "read of shared memory that nobody wrote", at, who);
            bool since = byte.reader.barriers == me.barriers;
            byte.several_warps = since && (byte.several_warps || byte.reader.warp != me.warp);
            byte.several_readers = !ordered(byte.reader, me) && (byte.several_readers || byte.reader.who != who);
            byte.reader = me;
        }
    }
}

template <class T>
static inline T load_shared(Thread* t, u64 at) {
    touch(t, t->index, at, sizeof(T), false);
    T value{};
    if (at + sizeof(T) <= t->block->shared_size) memcpy(&value, t->block->shared + at, sizeof value);
    return value;
}

template <class T>
static inline void store_shared(Thread* t, u64 at, T value) {
    touch(t, t->index, at, sizeof(T), true);
    if (at + sizeof(T) <= t->block->shared_size) memcpy(t->block->shared + at, &value, sizeof value);
}

template <class T>
static inline T load_local(Thread*, u64 at) {
    T value;
    memcpy(&value, (void*)at, sizeof value);
    return value;
}

template <class T>
static inline void store_local(Thread*, u64 at, T value) {
    memcpy((void*)at, &value, sizeof value);
}

template <class T>
static inline T load_global(Thread* t, u64 at) {
    pretended_global(t, at, sizeof(T), false);
    return load_local<T>(t, at);
}

template <class T>
static inline void store_global(Thread* t, u64 at, T value) {
    pretended_global(t, at, sizeof(T), true);
    store_local<T>(t, at, value);
}

static inline bool is_shared(Thread* t, u64 at) {
    u64 base = (u64)t->block->shared;
    return at >= base && at < base + t->block->shared_size;
}

template <class T>
static inline T load_generic(Thread* t, u64 at) {
    return is_shared(t, at) ? load_shared<T>(t, at - (u64)t->block->shared) : load_local<T>(t, at);
}

template <class T>
static inline void store_generic(Thread* t, u64 at, T value) {
    if (is_shared(t, at))
        store_shared<T>(t, at - (u64)t->block->shared, value);
    else
        store_local<T>(t, at, value);
}

static inline void aligned(Thread* t, u64 at, u32 size) {
    if (at % size) pretended_report(t, "misaligned access", at, t->index);
}

// ---- arithmetic

enum class Round { nearest, zero, down, up };

static inline f64 rounded(f64 x, Round how) {
    switch (how) {
        case Round::nearest: return std::nearbyint(x);
        case Round::zero: return std::trunc(x);
        case Round::down: return std::floor(x);
        default: return std::ceil(x);
    }
}

// Out of range is the nearest that is in it, and what is not a number is zero.
template <class To>
static inline To to_int(f64 x, Round how) {
    if (std::isnan(x)) return 0;
    x = rounded(x, how);
    const bool is_signed = (To)-1 < (To)0;
    const To least = is_signed ? (To)((To)1 << (8 * sizeof(To) - 1)) : 0;
    const f64 end = std::ldexp(1.0, 8 * sizeof(To) - is_signed);
    if (x >= end) return ~least;
    return x < (f64)least ? least : (To)x;
}

template <class T>
static inline T least(T a, T b) {
    return std::isnan((f32)a) ? b : std::isnan((f32)b) ? a : a < b ? a : b;
}

template <class T>
static inline T greatest(T a, T b) {
    return std::isnan((f32)a) ? b : std::isnan((f32)b) ? a : a > b ? a : b;
}

template <class T>
static inline T least_or_nan(T a, T b) {
    return std::isnan((f32)a) ? a : std::isnan((f32)b) ? b : least(a, b);
}

template <class T>
static inline T greatest_or_nan(T a, T b) {
    return std::isnan((f32)a) ? a : std::isnan((f32)b) ? b : greatest(a, b);
}

static inline f16 fused(f16 a, f16 b, f16 c) { return (f16)((f64)a * (f64)b + (f64)c); }
static inline f32 fused(f32 a, f32 b, f32 c) { return std::fma(a, b, c); }
static inline f64 fused(f64 a, f64 b, f64 c) { return std::fma(a, b, c); }

static inline f32 fused_down(f32 a, f32 b, f32 c) {
    f64 exact = (f64)a * b + c;
    f32 near = (f32)exact;
    return near > exact ? std::nextafter(near, -INFINITY) : near;
}

static inline u32 permuted(u32 a, u32 b, u32 how) {
    u64 all = (u64)b << 32 | a;
    u32 result = 0;
    for (int i = 0; i < 4; i++) {
        u32 which = how >> (4 * i) & 15;
        u8 byte = all >> (8 * (which & 7));
        if (which & 8) byte = byte & 0x80 ? 0xff : 0;
        result |= (u32)byte << (8 * i);
    }
    return result;
}

// ---- operations of a warp

static inline u32 warp_end(Thread* t) {
    u32 end = t->warp * 32 + 32;
    return end < t->block->threads ? end : t->block->threads;
}

static inline u32 ballot(Thread* t, bool vote) {
    t->deposit[0] = vote;
    pretended_warp_barrier(t);
    u32 votes = 0;
    for (u32 i = t->warp * 32; i < warp_end(t); i++) votes |= (u32)t->block->thread[i].deposit[0] << i % 32;
    pretended_warp_barrier(t);
    return votes;
}

enum class Shuffle { up, down, butterfly, index };

static inline u32 shuffled(Thread* t, u32 value, u32 by, u32 limits, Shuffle how, u8* found) {
    t->deposit[0] = value;
    pretended_warp_barrier(t);
    u32 lane = t->lane, segment = limits >> 8 & 31, clamp = limits & 31;
    s32 first = lane & segment, last = first | (clamp & ~segment), from;
    by &= 31;
    switch (how) {
        case Shuffle::up: from = (s32)lane - (s32)by; break;
        case Shuffle::down: from = lane + by; break;
        case Shuffle::butterfly: from = lane ^ by; break;
        default: from = first | (by & ~segment);
    }
    bool there = how == Shuffle::up ? from >= last : from <= last;
    if (found) *found = there;
    u32 result = (u32)t->block->thread[t->warp * 32 + (there ? from : (s32)lane)].deposit[0];
    pretended_warp_barrier(t);
    return result;
}

// ---- matrix units: squares of 16, half precision with single sums

// Element e of a square, row by row, is in lane e / 8 at place e % 8. Hardware spreads squares otherwise,
// and tells nobody how: what a program may do with a fragment does not depend on it.
static const int EACH = 8;

struct Place {
    u32 row, column;
    Place(Thread* t, int at) : row((t->lane * EACH + at) / 16), column((t->lane * EACH + at) % 16) {}
    u64 of(u64 start, u32 stride, bool by_columns, u32 size) const {
        return start + size * (by_columns ? column * stride + row : row * stride + column);
    }
};

static inline void check_square(Thread* t, u64 at, u32 stride, u32 size) {
    aligned(t, at, 32);
    if (stride * size % 16) pretended_report(t, "rows of a matrix that are not aligned", at, t->index);
}

template <class T>
static inline T load_element(Thread* t, u64 at, bool shared) {
    if (!shared) return load_global<T>(t, at);
    touch(t, WARP | t->warp, at, sizeof(T), false);
    return load_local<T>(t, (u64)t->block->shared + at);
}

static inline void load_halves(Thread* t, u32 (&out)[8], u64 at, u32 stride, bool by_columns, bool shared) {
    pretended_warp_barrier(t);
    check_square(t, at, stride, 2);
    // registers that nobody should read are not numbers
    for (u32& pair : out) pair = 0x7e007e00;
    for (int i = 0; i < EACH; i += 2) {
        u32 low = load_element<u16>(t, Place(t, i).of(at, stride, by_columns, 2), shared);
        u32 high = load_element<u16>(t, Place(t, i + 1).of(at, stride, by_columns, 2), shared);
        out[i / 2] = low | high << 16;
    }
}

static inline void load_singles(Thread* t, u32 (&out)[8], u64 at, u32 stride, bool by_columns, bool shared) {
    pretended_warp_barrier(t);
    check_square(t, at, stride, 4);
    for (int i = 0; i < EACH; i++) out[i] = load_element<u32>(t, Place(t, i).of(at, stride, by_columns, 4), shared);
}

static inline void store_singles(Thread* t, const u32 (&in)[8], u64 at, u32 stride, bool by_columns, bool shared) {
    pretended_warp_barrier(t);
    check_square(t, at, stride, 4);
    for (int i = 0; i < EACH; i++) {
        u64 to = Place(t, i).of(at, stride, by_columns, 4);
        if (shared) {
            touch(t, WARP | t->warp, to, 4, true);
            to += (u64)t->block->shared;
        } else {
            pretended_global(t, to, 4, true);
        }
        store_local<u32>(t, to, in[i]);
    }
}

static inline void multiply_squares(Thread* t, u32 (&out)[8], const u32 (&a)[8], const u32 (&b)[8], const u32 (&c)[8]) {
    for (int i = 0; i < 4; i++) {
        t->deposit[i] = a[i];
        t->deposit[4 + i] = b[i];
    }
    pretended_warp_barrier(t);
    const Thread* warp = t->block->thread + t->warp * 32;
    auto element = [warp](int side, u32 at) {
        u32 pair = warp[at / EACH].deposit[4 * side + at % EACH / 2];
        return (f32)bits<f16>((u16)(at % 2 ? pair >> 16 : pair));
    };
    u32 sums[8];
    for (int i = 0; i < EACH; i++) {
        Place place(t, i);
        f32 sum = bits<f32>(c[i]);
        for (u32 k = 0; k < 16; k++) sum += element(0, place.row * 16 + k) * element(1, k * 16 + place.column);
        sums[i] = bits<u32>(sum);
    }
    pretended_warp_barrier(t);
    memcpy(out, sums, sizeof sums);
}
