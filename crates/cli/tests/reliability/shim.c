/* Loaded in front of the C library (LD_PRELOAD): makes one file operation below the
   folder FAULT_UNDER fail. FAULT_AT is its number from 1, FAULT_MODE what happens:
   eio (an error), full (no space, also for all later writes), kill (before it),
   torn (in the middle of a write). FAULT_LOG receives one line per operation.
   FAULT_CLOCK lets the time of day jump by a day at every look. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static atomic_int count, looks;
static char ours[65536];

static int below(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    return under && path && !strncmp(path, under, strlen(under));
}

/* What happens at this operation: 0 nothing, 1 fails with errno, 2 dies after half of a write. */
static int fault(const char *name, int writes) {
    const char *mode = getenv("FAULT_MODE"), *log = getenv("FAULT_LOG");
    int full = mode && !strcmp(mode, "full"), torn = mode && !strcmp(mode, "torn");
    if ((full || torn) && !writes) return 0;
    if (torn && strcmp(name, "write")) return 0;
    int number = ++count, at = atoi(getenv("FAULT_AT") ?: "0");
    if (log) {
        int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
        ssize_t (*put)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
        int fd = really(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        put(fd, name, strlen(name)), put(fd, "\n", 1), close(fd);
    }
    if (!at || number < at || (number > at && !full)) return 0;
    if (mode && !strcmp(mode, "kill")) raise(SIGKILL);
    errno = full ? ENOSPC : EIO;
    return torn ? 2 : 1;
}

#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)
#define ON_FD(fd) ((fd) >= 0 && (fd) < (int)sizeof ours && ours[fd])

#define OPEN(name) int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
    int mine = below(path); \
    if (mine && fault("open", flags & O_CREAT)) return -1; \
    int fd = real(path, flags, mode); \
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = mine; \
    return fd; }
OPEN(open) OPEN(open64)

#define ON_PATH(name, writes, parameters, arguments) int name parameters { \
    REAL(int, name, ANY parameters); \
    if (below(path) && fault(#name, writes)) return -1; \
    return real arguments; }
#define ANY(...) __VA_ARGS__
ON_PATH(rename, 1, (const char *path, const char *to), (path, to))
ON_PATH(mkdir, 1, (const char *path, mode_t mode), (path, mode))
ON_PATH(unlink, 0, (const char *path), (path))

#define ON_FILE(name, writes) int name(int fd) { \
    REAL(int, name, int); \
    if (ON_FD(fd) && fault(#name, writes)) return -1; \
    return real(fd); }
ON_FILE(fsync, 1) ON_FILE(fdatasync, 1)

int flock(int fd, int how) {
    REAL(int, flock, int, int);
    if (ON_FD(fd) && fault("flock", 0)) return -1;
    return real(fd, how);
}

ssize_t read(int fd, void *to, size_t size) {
    REAL(ssize_t, read, int, void *, size_t);
    if (ON_FD(fd) && fault("read", 0)) return -1;
    return real(fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    int how = ON_FD(fd) ? fault("write", 1) : 0;
    if (how == 1) return -1;
    if (how == 2) real(fd, from, size / 2), raise(SIGKILL);
    return real(fd, from, size);
}

int close(int fd) {
    REAL(int, close, int);
    if (ON_FD(fd)) ours[fd] = 0;
    return real(fd);
}

int clock_gettime(clockid_t which, struct timespec *time) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int result = real(which, time);
    if (which == CLOCK_REALTIME && getenv("FAULT_CLOCK")) time->tv_sec += looks++ % 2 ? 86400 : -86400;
    return result;
}
